"""How fast messages may go: per chat, over all, and after Telegram asked to slow down.

Times are seconds of a monotonic clock.
"""

from __future__ import annotations

from collections import deque

CHAT_BURST, CHAT_SECONDS = 3, 1.0  # a private chat: 1/s, burst 3
GROUP_MESSAGES, GROUP_SECONDS = 20, 60.0  # a group: 20 in a minute
STORM_SECONDS = 1.0  # 429 in two chats within this time pauses everything
MANY_CHATS = 1000  # remembered before those at rest are forgotten
LOOK_AHEAD = 0.25  # seconds of paced messages that are claimed at once
CATCH_UP = 0.2  # seconds that a busy process may be late without losing its places
SPARE = 2  # messages over the pace that one second may carry, so that jitter costs no speed


class Pace:
    """What may be sent now."""

    def __init__(self, per_second: float) -> None:
        self._step = 1.0 / per_second
        self._next = 0.0
        self._ahead: dict[int, float] = {}  # private chat → when its burst is whole again
        self._recent: dict[int, deque[float]] = {}  # group → its last messages
        self._waits: dict[int, float] = {}  # chat → when it may go on
        self._refused: dict[int, float] = {}  # chats with a 429 within STORM_SECONDS, and when
        self._all_until = 0.0
        self._most = int(per_second) + SPARE
        self._left: deque[float] = deque()  # when the messages of the last second left

    def paused(self, now: float) -> set[int]:
        """Chats that must wait."""
        for chat in [c for c, until in self._waits.items() if until <= now]:
            del self._waits[chat]
        return set(self._waits)

    def until_all_may(self, now: float) -> float:
        """Seconds until anything may be sent again; 0 when nothing is paused."""
        return max(self._all_until - now, 0.0)

    def room(self, now: float) -> int:
        """How many notices and broadcasts may be claimed now."""
        ahead = now + LOOK_AHEAD - self._place(now)
        return max(int(ahead / self._step), 0)

    def until_room(self, now: float) -> float:
        """Seconds until a notice or broadcast may be claimed."""
        return max(self._next + self._step - LOOK_AHEAD - now, 0.0)

    def slot(self, now: float) -> float:
        """Take the next place in the pace; gives the seconds to wait for it."""
        place = self._place(now)
        self._next = place + self._step
        return max(place - now, 0.0)

    def reply(self, now: float) -> None:
        """A reply does not wait for the pace, but uses it up."""
        self._next = self._place(now) + self._step

    def _place(self, now: float) -> float:
        """The next place; what a short stall took is caught up, what a rest left is not."""
        return self._next if self._next > now - CATCH_UP else now

    def left(self, now: float) -> None:
        """A message of any lane leaves at this moment."""
        self._left.append(now)

    def until_thinner(self, now: float) -> float:
        """Seconds until a paced message may leave although its place has come.

        After a stall of the process several places come at once, on top of what left before it.
        """
        while self._left and self._left[0] <= now - 1.0:
            self._left.popleft()
        crowd = len(self._left) - self._most
        return self._left[crowd] + 1.0 - now if crowd >= 0 else 0.0

    def sent(self, chat: int, now: float) -> None:
        """Count a message to a chat."""
        if chat < 0:
            times = self._recent.setdefault(chat, deque(maxlen=GROUP_MESSAGES))
            times.append(now)
            if len(times) == GROUP_MESSAGES:
                self._hold(chat, times[0] + GROUP_SECONDS, now)
            return
        whole = max(self._ahead.get(chat, 0.0), now) + CHAT_SECONDS
        self._ahead[chat] = whole
        self._hold(chat, whole - (CHAT_BURST - 1) * CHAT_SECONDS, now)
        if len(self._ahead) > MANY_CHATS:
            self._ahead = {c: at for c, at in self._ahead.items() if at > now}

    def pause(self, chat: int, seconds: float, now: float) -> None:
        """Telegram answered 429 in a chat; in two chats within a second everything waits."""
        self._hold(chat, now + seconds, now)
        recent = {c: at for c, at in self._refused.items() if now - at <= STORM_SECONDS}
        self._refused = {**recent, chat: now}
        if len(self._refused) > 1:
            self._all_until = max(
                self._all_until, *(self._waits.get(c, 0.0) for c in self._refused)
            )

    def next_change(self, now: float) -> float | None:
        """Seconds until a waiting chat may go on; None if none waits."""
        later = [until - now for until in self._waits.values() if until > now]
        return min(later) if later else None

    def _hold(self, chat: int, until: float, now: float) -> None:
        if until > now:
            self._waits[chat] = max(self._waits.get(chat, 0.0), until)
