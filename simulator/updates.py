"""Updates that wait for the bot: long polling, offsets, and who may ask."""

import asyncio
import json
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from simulator.rules import Json, conflict

NOT_BY_DEFAULT = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
TERMINATED = (
    "terminated by other getUpdates request; make sure that only one bot instance is running"
)


class Raw(str):
    """A result that is JSON text already."""


def as_json(value: Any) -> str:
    """Compact JSON, readable letters kept."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def sendable(value: Any) -> str:
    """JSON that can be sent: half a character, which UTF-8 cannot carry, stands as an escape."""
    text = as_json(value)
    return text.encode("utf-8", "backslashreplace").decode()


@dataclass(slots=True)
class Pending:
    """One update, frozen as JSON when it happened: later edits must not change it."""

    serial: int
    update_id: int
    lane: int  # one chat's updates go out in sequence
    body: str
    repeated: bool = False


class UpdateQueue:
    """Updates in order of their ids until the bot confirms them."""

    def __init__(self, check: Callable[[Json], None] | None = None) -> None:
        self.pending: OrderedDict[int, Pending] = OrderedDict()
        self.allowed: frozenset[str] | None = None
        self.next_id = 100_000_001
        self.on_push: Callable[[Pending], None] | None = None
        self._check = check
        self._serial = 0
        self._poller: asyncio.Future[str] | None = None

    def push(self, kind: str, payload: Json, lane: int, *, checked: bool = True) -> Json:
        """Queue an update if the bot wants its kind; returns it either way."""
        update: Json = {"update_id": self.next_id, kind: payload}
        if self._check is not None and checked:
            self._check(update)
        wanted = kind in self.allowed if self.allowed else kind not in NOT_BY_DEFAULT
        if wanted:
            self.next_id += 1
            self._add(update["update_id"], lane, sendable(update))
        return update

    def push_again(self, update: Json, lane: int) -> None:
        """Deliver an update once more under the same id, even if it was confirmed."""
        self._add(update["update_id"], lane, sendable(update), repeated=True)

    def _add(self, update_id: int, lane: int, body: str, repeated: bool = False) -> None:
        self._serial += 1
        item = Pending(self._serial, update_id, lane, body, repeated)
        self.pending[item.serial] = item
        self._wake("news")
        if self.on_push is not None:
            self.on_push(item)

    def done(self, item: Pending) -> None:
        """A webhook took this one."""
        self.pending.pop(item.serial, None)

    def set_allowed(self, kinds: Any) -> None:
        """Which kinds of updates the bot wants from now on; an empty list means the usual."""
        if isinstance(kinds, list):
            self.allowed = frozenset(map(str, kinds)) or None

    @property
    def polled(self) -> bool:
        """Whether a getUpdates request waits right now."""
        return self._poller is not None

    def stop(self) -> None:
        """Let the waiting request go."""
        self._wake("stop")

    def _wake(self, why: str) -> None:
        if self._poller is not None and not self._poller.done():
            self._poller.set_result(why)

    async def poll(self, offset: int, limit: int, timeout: float) -> Raw:
        """Answer getUpdates: confirm what is below the offset, then hand out what waits."""
        self._wake("conflict")
        self._confirm(offset)
        if not self.pending and timeout > 0:
            await self._wait(timeout)
        return self._batch(limit)

    async def _wait(self, timeout: float) -> None:
        loop = asyncio.get_running_loop()
        poller = self._poller = loop.create_future()
        timer = loop.call_later(timeout, self._expire, poller)
        try:
            if await poller == "conflict":
                raise conflict(TERMINATED)
        finally:
            timer.cancel()
            if self._poller is poller:
                self._poller = None

    @staticmethod
    def _expire(poller: "asyncio.Future[str]") -> None:
        if not poller.done():
            poller.set_result("timeout")

    def _confirm(self, offset: int) -> None:
        if offset < 0:
            for _ in range(max(0, len(self.pending) + offset)):
                self.pending.popitem(last=False)
            return
        while self.pending:
            first = next(iter(self.pending.values()))
            if first.repeated or first.update_id >= offset:
                return
            self.pending.popitem(last=False)

    def _batch(self, limit: int) -> Raw:
        bodies: list[str] = []
        repeated: list[Pending] = []
        for item in self.pending.values():
            if len(bodies) == limit:
                break
            bodies.append(item.body)
            if item.repeated:
                repeated.append(item)
        for item in repeated:
            del self.pending[item.serial]
        return Raw("[" + ",".join(bodies) + "]")
