"""A local Telegram Bot API server: real HTTP in front of the simulated world."""

import asyncio
import socket
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Self

from aiohttp import web
from aiohttp.web import BaseRequest, StreamResponse

from simulator.api import BotApi, refused
from simulator.faults import Faults
from simulator.limits import Gate, Limits, Refusal, Stats
from simulator.person import Group, Person
from simulator.rules import ApiError
from simulator.state import REMEMBERED, Clock, World, wall_clock
from simulator.updates import UpdateQueue
from simulator.web import Page
from simulator.webhook import Webhook

if TYPE_CHECKING:
    from simulator.strict import Strict

MAX_REQUEST = 52_000_000


class Simulator:
    """The server, the people in front of it, and what it counted."""

    def __init__(
        self,
        token: str = "123456:TEST",
        strict: bool = False,
        limits: Limits | None = None,
        faults: Faults | None = None,
        clock: Clock | None = None,
        username: str = "bantar_demo_bot",
        name: str = "BANTAR Beringin",
        keep_messages: int | None = None,
        remembered: int = REMEMBERED,
    ) -> None:
        self.token = token
        self.faults = faults or Faults()
        self.limits = limits
        self.url = ""
        checks = _strict_checks() if strict else None
        bot = {
            "id": int(token.split(":")[0]),
            "is_bot": True,
            "first_name": name,
            "username": username,
        }
        queue = UpdateQueue(checks.check_update if checks else None)
        self.world = World(bot, clock or wall_clock, queue, keep_messages, remembered)
        self.world.profile.names[""] = name
        gate = Gate(limits) if limits else None
        self._api = BotApi(token, self.world, self.faults, gate, checks)
        self._page = Page(self)
        self._runner: web.ServerRunner | None = None

    # People and counts

    def person(self, person_id: int, name: str = "Siti", **details: Any) -> Person:
        """Get or create a person; details are username, language_code and about."""
        return Person(self.world, self.world.human(person_id, name, **details))

    def group(self, chat_id: int, title: str = "RT 05", members: Iterable[Person] = ()) -> Group:
        """Get or create a group with the bot and these persons in it."""
        group = Group(self.world, self.world.group(chat_id, title))
        for member in members:
            group.joins(member)
        return group

    @property
    def clock(self) -> Clock:
        """The time everything here goes by."""
        return self.world.clock

    @clock.setter
    def clock(self, clock: Clock) -> None:
        self.world.clock = clock

    @property
    def stats(self) -> Stats:
        """Requests, refusals and messages, counted."""
        return self._api.stats

    @property
    def refusals(self) -> list[Refusal]:
        """Every request answered with an error of Telegram's own; neither 429 nor faults."""
        return self._api.refusals

    @property
    def webhook(self) -> Webhook:
        """The webhook, set or not."""
        return self._api.webhook

    @property
    def updates_unconfirmed(self) -> int:
        """Updates the bot has not confirmed yet, by offset or by webhook answer."""
        return len(self.world.queue.pending)

    @property
    def webhook_pending(self) -> int:
        """Updates a webhook has not taken yet."""
        return len(self.world.queue.pending) if self.webhook.url else 0

    async def waits_for(
        self, predicate: Callable[["Simulator"], Any], timeout: float = 5.0
    ) -> Any:
        """Wait until the predicate is true of this simulator, looking at every change."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        while not (seen := predicate(self)):
            left = deadline - loop.time()
            if left <= 0:
                raise TimeoutError(f"nothing of the kind within {timeout} s")
            await self.world.stirred.wait(left)
        return seen

    # Life

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen; the address is in `url` afterwards."""
        self._api.stopping.clear()
        # The low-level server: routing and middlewares would cost a third of the throughput.
        server = web.Server(self._handle, request_factory=_make_request, access_log=None)
        self._runner = web.ServerRunner(server, shutdown_timeout=0.5)
        await self._runner.setup()
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        self.url = f"http://{host}:{listener.getsockname()[1]}"
        await web.SockSite(self._runner, listener, backlog=1024).start()

    async def stop(self) -> None:
        """Let everybody go and close the door."""
        self._api.stopping.set()
        self.world.queue.stop()
        self.world.changed.notify()
        await self.webhook.stop()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def stopping(self) -> bool:
        """Whether streams should end."""
        return self._api.stopping.is_set()

    # Requests

    async def _handle(self, request: BaseRequest) -> StreamResponse:
        try:
            return await self._api.answer(request) or await self._page.answer(request)
        except ApiError as error:
            return refused(error)


def _make_request(
    message: Any, payload: Any, protocol: Any, writer: Any, task: Any
) -> BaseRequest:
    loop = asyncio.get_running_loop()
    return BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=MAX_REQUEST)


def _strict_checks() -> "Strict":
    """aiogram's models take seconds to import, so only those who ask for them pay."""
    from simulator.strict import Strict

    return Strict()
