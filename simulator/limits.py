"""How many messages Telegram lets a bot send, and the count of what was asked and refused."""

import math
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from simulator.rules import ApiError, Json

Timer = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Limits:
    """Messages allowed: overall, into one private chat, into one group."""

    per_second: int = 30
    tolerance: int = 3  # messages over per_second that one second may still carry
    per_chat: float = 1.0
    chat_burst: int = 3
    per_group_minute: int = 20


@dataclass(slots=True)
class _Window:
    """The times of recent messages, oldest first."""

    seconds: float
    times: deque[float] = field(default_factory=deque)

    def wait(self, now: float, allowed: int) -> float:
        while self.times and self.times[0] <= now - self.seconds:
            self.times.popleft()
        if len(self.times) < allowed:
            return 0.0
        return self.times[len(self.times) - allowed] + self.seconds - now


class Gate:
    """Lets messages through or refuses them with 429."""

    def __init__(self, limits: Limits, timer: Timer = time.monotonic) -> None:
        self.limits = limits
        self._timer = timer
        self._overall = _Window(1.0)
        self._groups: dict[int, _Window] = {}
        self._chats: dict[int, tuple[float, float]] = {}  # chat -> (tokens, at)

    def check(self, chat_id: int, messages: int = 1) -> None:
        """Count messages into a chat; raises 429 when they are too many."""
        now = self._timer()
        limits = self.limits
        overall = limits.per_second + limits.tolerance
        wait = self._overall.wait(now, overall - messages + 1)
        if chat_id < 0:
            group = self._groups.setdefault(chat_id, _Window(60.0))
            wait = max(wait, group.wait(now, limits.per_group_minute - messages + 1))
        else:
            wait = max(wait, self._private(chat_id, now, messages))
        if wait > 0:
            raise too_many(max(1, math.ceil(wait)))
        for _ in range(messages):
            self._overall.times.append(now)
            if chat_id < 0:
                self._groups[chat_id].times.append(now)
        if chat_id >= 0:
            tokens, _at = self._chats[chat_id]
            self._chats[chat_id] = (tokens - messages, now)

    def _private(self, chat_id: int, now: float, messages: int) -> float:
        burst = float(self.limits.chat_burst)
        tokens, at = self._chats.get(chat_id, (burst, now))
        tokens = min(burst, tokens + (now - at) * self.limits.per_chat)
        self._chats[chat_id] = (tokens, now)
        # An album counts every picture but must be able to pass at all: it may go into debt.
        return max(0.0, (min(float(messages), burst) - tokens) / self.limits.per_chat)


def too_many(retry_after: int) -> ApiError:
    """The 429 answer."""
    return ApiError(f"Too Many Requests: retry after {retry_after}", 429, retry_after=retry_after)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request that was answered with an error of Telegram's own."""

    method: str
    code: int
    description: str
    parameters: Json


class Stats:
    """Counters over the life of a server."""

    def __init__(self, timer: Timer = time.monotonic) -> None:
        self.requests: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.too_many = 0
        self.messages = 0
        self.max_per_second = 0
        self._timer = timer
        self._recent: deque[float] = deque()

    def sent(self, messages: int = 1) -> None:
        """Count messages that went out."""
        now = self._timer()
        recent = self._recent
        while recent and recent[0] <= now - 1.0:
            recent.popleft()
        recent.extend([now] * messages)
        self.messages += messages
        self.max_per_second = max(self.max_per_second, len(recent))
