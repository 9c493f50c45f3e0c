"""How fast messages may go: per chat, over all, and after Telegram asked to slow down.

Times are seconds of a monotonic clock.
"""

from __future__ import annotations

from collections import deque

CHAT_BURST, CHAT_SECONDS = 3, 1.0  # a private chat: 1/s, burst 3
GROUP_MESSAGES, GROUP_SECONDS = 20, 60.0  # a group: 20 in a minute
STORM_SECONDS = 1.0  # 429 in two chats within this time pauses everything
LOOK_AHEAD = 0.25  # seconds of paced messages that are claimed at once


class Pace:
    """What may be sent now."""

    def __init__(self, per_second: float) -> None:
        self._step = 1.0 / per_second
        self._next = 0.0
        self._sent: dict[int, deque[float]] = {}
        self._paused: dict[int, float] = {}
        self._storm: tuple[float, int] | None = None  # when, in which chat
        self._all_until = 0.0

    def paused(self, now: float) -> set[int]:
        """Chats that must wait."""
        self._forget(now)
        full = {chat for chat, times in self._sent.items() if self._wait_of(chat, times, now) > 0}
        return full | set(self._paused)

    def until_all_may(self, now: float) -> float:
        """Seconds until anything may be sent again; 0 when nothing is paused."""
        return max(self._all_until - now, 0.0)

    def room(self, now: float) -> int:
        """How many notices and broadcasts may be claimed now."""
        ahead = now + LOOK_AHEAD - max(self._next, now)
        return max(int(ahead / self._step), 0)

    def slot(self, now: float) -> float:
        """Take the next place in the pace; gives the seconds to wait for it."""
        wait = max(self._next - now, 0.0)
        self._next = max(self._next, now) + self._step
        return wait

    def reply(self, now: float) -> None:
        """A reply does not wait for the pace, but uses it up."""
        self._next = max(self._next, now) + self._step

    def sent(self, chat: int, now: float) -> None:
        """Count a message to a chat."""
        self._sent.setdefault(chat, deque(maxlen=GROUP_MESSAGES)).append(now)

    def pause(self, chat: int, seconds: float, now: float) -> None:
        """Telegram answered 429 in a chat; in two chats within a second everything waits."""
        self._paused[chat] = max(self._paused.get(chat, 0.0), now + seconds)
        if self._storm and self._storm[1] != chat and now - self._storm[0] <= STORM_SECONDS:
            self._all_until = max(self._all_until, *self._paused.values())
        self._storm = (now, chat)

    def next_change(self, now: float) -> float | None:
        """Seconds until a waiting chat may go on; None if none waits."""
        waits = [until - now for until in self._paused.values()]
        waits += [self._wait_of(chat, times, now) for chat, times in self._sent.items()]
        later = [wait for wait in waits if wait > 0]
        return min(later) if later else None

    def _wait_of(self, chat: int, times: deque[float], now: float) -> float:
        """Seconds until one more message fits the chat's limit."""
        if chat < 0:
            recent = [t for t in times if t > now - GROUP_SECONDS]
            return recent[0] + GROUP_SECONDS - now if len(recent) >= GROUP_MESSAGES else 0.0
        tokens, last = float(CHAT_BURST), None
        for t in times:
            if last is not None:
                tokens = min(CHAT_BURST, tokens + (t - last) / CHAT_SECONDS)
            tokens, last = tokens - 1, t
        if last is not None:
            tokens = min(CHAT_BURST, tokens + (now - last) / CHAT_SECONDS)
        return max((1 - tokens) * CHAT_SECONDS, 0.0)

    def _forget(self, now: float) -> None:
        for chat in [c for c, until in self._paused.items() if until <= now]:
            del self._paused[chat]
        if len(self._sent) > 64:  # the few active ones are checked each time
            old = [c for c, times in self._sent.items() if self._is_old(c, times, now)]
            for chat in old:
                del self._sent[chat]

    def _is_old(self, chat: int, times: deque[float], now: float) -> bool:
        span = GROUP_SECONDS if chat < 0 else CHAT_BURST * CHAT_SECONDS
        return times[-1] < now - span
