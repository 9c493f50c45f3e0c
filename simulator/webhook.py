"""Webhook delivery: every update is posted until taken, one chat's updates in sequence."""

import asyncio
from collections import deque
from urllib.parse import urlsplit

import aiohttp
from telegram.constants import WebhookLimit

from simulator.call import Call
from simulator.faults import Faults
from simulator.rules import Json, bad, conflict
from simulator.state import World
from simulator.updates import Pending, UpdateQueue

FIRST_RETRY, LAST_RETRY = 0.2, 2.0
ANSWER_TIMEOUT = 60.0
DEFAULT_CONNECTIONS = 40
MAX_CONNECTIONS = int(WebhookLimit.MAX_CONNECTIONS_LIMIT)
MAX_SECRET = int(WebhookLimit.MAX_SECRET_TOKEN_LENGTH)
ACTIVE = (
    "can't use getUpdates method while webhook is active; "
    "use deleteWebhook to delete the webhook first"
)


class Webhook:
    """Where updates are posted to, while one is set."""

    def __init__(self, world: World, faults: Faults) -> None:
        self.url = ""
        self.posted = 0
        self.failed = 0
        self._world = world
        self._faults = faults
        self._secret = ""
        self._connections = DEFAULT_CONNECTIONS
        self._error: Json = {}
        self._lanes: dict[int, deque[Pending]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._free = asyncio.Semaphore(DEFAULT_CONNECTIONS)
        self._session: aiohttp.ClientSession | None = None

    @property
    def queue(self) -> UpdateQueue:
        """The updates that wait."""
        return self._world.queue

    async def set(self, call: Call) -> bool:
        """setWebhook"""
        url = call.text("url")
        if url:
            parts = urlsplit(url)
            if parts.scheme not in ("http", "https") or not parts.hostname:
                raise bad("bad webhook: invalid URL specified")
            if len(call.text("secret_token")) > MAX_SECRET:
                raise bad("secret token is too long")
        connections = call.number("max_connections") or DEFAULT_CONNECTIONS
        await self.stop()
        self._drop(call)
        self.queue.set_allowed(call.parsed("allowed_updates"))
        if url:
            self._secret = call.text("secret_token")
            self._connections = max(1, min(connections, MAX_CONNECTIONS))
            self._start(url)
        return True

    async def delete(self, call: Call) -> bool:
        """deleteWebhook"""
        await self.stop()
        self._drop(call)
        return True

    def _drop(self, call: Call) -> None:
        if call.flag("drop_pending_updates"):
            self.queue.pending.clear()

    def info(self) -> Json:
        """getWebhookInfo"""
        shown: Json = {
            "url": self.url,
            "has_custom_certificate": False,
            "pending_update_count": len(self.queue.pending),
        }
        if self.url:
            shown |= {"max_connections": self._connections, **self._error}
        if self.queue.allowed:
            shown["allowed_updates"] = sorted(self.queue.allowed)
        return shown

    def refuse_polling(self) -> None:
        """getUpdates and a webhook exclude each other."""
        if self.url:
            raise conflict(ACTIVE)

    def _start(self, url: str) -> None:
        self.url = url
        self._error = {}
        self._free = asyncio.Semaphore(self._connections)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self._connections),
            timeout=aiohttp.ClientTimeout(total=ANSWER_TIMEOUT),
        )
        self.queue.on_push = self._offer
        for item in self.queue.pending.values():
            self._offer(item)

    async def stop(self) -> None:
        """Post nothing more; what was not taken stays in the queue."""
        self.url = ""
        self.queue.on_push = None
        self._lanes.clear()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _offer(self, item: Pending) -> None:
        lane = self._lanes.get(item.lane)
        if lane is not None:
            lane.append(item)
            return
        lane = self._lanes[item.lane] = deque([item])
        task = asyncio.get_running_loop().create_task(self._run(item.lane, lane))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, key: int, lane: deque[Pending]) -> None:
        delay = FIRST_RETRY
        while lane:
            async with self._free:
                taken = await self._post(lane[0])
            if taken:
                self.queue.done(lane.popleft())
                self._world.stirred.notify()
                delay = FIRST_RETRY
                continue
            await asyncio.sleep(delay)
            delay = min(LAST_RETRY, delay * 2)
        del self._lanes[key]

    async def _post(self, item: Pending) -> bool:
        plan = self._faults.plan("webhook")
        headers = {"Content-Type": "application/json"}
        if self._secret:
            headers["X-Telegram-Bot-Api-Secret-Token"] = self._secret
        if plan.before:
            await asyncio.sleep(plan.before)
        assert self._session is not None
        try:
            async with self._session.post(
                self.url, data=item.body.encode(), headers=headers
            ) as answer:
                await answer.read()
                status = answer.status
        except (aiohttp.ClientError, TimeoutError) as error:
            return self._note(f"Connection failed: {type(error).__name__}")
        if plan.after:
            await asyncio.sleep(plan.after)
        if not 200 <= status < 300:
            return self._note(f"Wrong response from the webhook: {status}")
        self.posted += 1
        return True

    def _note(self, words: str) -> bool:
        self.failed += 1
        self._world.stirred.notify()
        self._error = {
            "last_error_date": self._world.now(),
            "last_error_message": words,
        }
        return False
