"""The world behind the server: people, chats, their messages, and what happened in them."""

import asyncio
import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from simulator.files import FileStore
from simulator.rules import Json
from simulator.updates import UpdateQueue

Clock = Callable[[], datetime]
EVENTS_KEPT = 20_000
REMEMBERED = 200_000  # sends in the log and taps, so that a long run stays flat
TAP_LIFETIME = 900.0  # seconds in which a pressed button may be answered


def wall_clock() -> datetime:
    """The time everybody agrees on, unless a test brings its own clock."""
    return datetime.now(UTC)


class Signal:
    """Wakes everybody who waits for the next change."""

    def __init__(self) -> None:
        self._waiters: list[asyncio.Future[None]] = []

    def notify(self) -> None:
        """Wake all who wait now."""
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    async def wait(self, timeout: float) -> bool:
        """Wait for the next change; False if none came in time."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        done, _ = await asyncio.wait((waiter,), timeout=timeout)
        if not done:
            # A signal that never comes must not collect the waiters that gave up.
            self._waiters = [other for other in self._waiters if other is not waiter]
        return bool(done)


@dataclass(slots=True)
class Human:
    """A person with a Telegram account."""

    id: int
    name: str
    username: str | None = None
    language_code: str | None = "id"
    about: str = ""
    deactivated: bool = False
    met_in_group: bool = False
    notices: dict[str, Json] = field(default_factory=dict)  # by the id of the tap
    unanswered: dict[str, None] = field(default_factory=dict)
    last_update: Json | None = None
    last_lane: int = 0
    signal: Signal = field(default_factory=Signal)

    def user(self) -> Json:
        """The account as the Bot API shows it."""
        shown: Json = {"id": self.id, "is_bot": False, "first_name": self.name}
        if self.username:
            shown["username"] = self.username
        if self.language_code:
            shown["language_code"] = self.language_code
        return shown


@dataclass(slots=True)
class Chat:
    """A private chat or a group, with its messages in order."""

    id: int
    type: str
    title: str = ""
    shown: Json = field(default_factory=dict)
    members: dict[int, Human] = field(default_factory=dict)
    messages: dict[int, Json] = field(default_factory=dict)
    started: bool = False
    blocked: bool = False
    kicked: bool = False
    muted: bool = False  # the bot is in the group, but may not write there
    migrated_to: int | None = None
    keyboard: Json | None = None
    sealed: set[int] = field(default_factory=set)  # sent with a reply keyboard: not editable
    last_id: int = 0


@dataclass(slots=True)
class Tap:
    """A pressed inline button that waits for an answer."""

    id: str
    person: Human
    at: datetime
    answered: bool = False
    answers: int = 0  # how often the bot answered it; the client shows the first


@dataclass(slots=True)
class Event:
    """One change, for the page that looks on."""

    seq: int
    kind: str
    person: int
    detail: Json


@dataclass(slots=True)
class Profile:
    """What the bot says about itself; texts and commands by language ("" is the default)."""

    names: dict[str, str] = field(default_factory=dict)
    descriptions: dict[str, str] = field(default_factory=dict)
    short_descriptions: dict[str, str] = field(default_factory=dict)
    commands: dict[tuple[str, str], list[Json]] = field(default_factory=dict)
    menu_button: Json = field(default_factory=lambda: {"type": "commands"})


class World:
    """Everything the server remembers."""

    def __init__(
        self,
        bot: Json,
        clock: Clock,
        queue: UpdateQueue,
        keep_messages: int | None = None,
        remembered: int = REMEMBERED,
    ) -> None:
        self.run = secrets.token_hex(8)  # another one after every start of the server
        self.bot = bot
        self.queue = queue
        self.files = FileStore()
        self.profile = Profile()
        self.tap_lifetime = TAP_LIFETIME
        self.clock = clock
        self.keep_messages = keep_messages
        self.remembered = remembered
        self.people: dict[int, Human] = {}
        self.chats: dict[int, Chat] = {}
        self.taps: dict[str, Tap] = {}
        self.events: deque[Event] = deque(maxlen=EVENTS_KEPT)
        self.seq = 0
        self.sent: deque[Json] = deque(maxlen=remembered)
        self.sent_count = 0
        self.changed = Signal()  # a new event
        self.stirred = Signal()  # anything at all: a request served, an update taken
        self._last_id = 0
        self._last_tap = 4_000_000_000_000

    def now(self) -> int:
        """The time as messages carry it."""
        return int(self.clock().timestamp())

    def human(self, person_id: int, name: str = "Siti", **details: Any) -> Human:
        """Get or create a person together with the private chat."""
        human = self.people.get(person_id)
        if human is None:
            human = self.people[person_id] = Human(person_id, name, **details)
            shown: Json = {"id": person_id, "type": "private", "first_name": name}
            if human.username:
                shown["username"] = human.username
            self.chats[person_id] = Chat(
                person_id, "private", shown=shown, members={person_id: human}
            )
        return human

    def group(self, chat_id: int, title: str) -> Chat:
        """Get or create a group; ids from -1000000000000 down are supergroups."""
        chat = self.chats.get(chat_id)
        if chat is None:
            kind = "supergroup" if chat_id <= -1_000_000_000_000 else "group"
            shown = {"id": chat_id, "type": kind, "title": title}
            chat = Chat(chat_id, kind, title, shown=shown, started=True)
            self.chats[chat_id] = chat
        return chat

    def next_id(self, chat: Chat) -> int:
        """A message id: counted per account, in supergroups per chat."""
        if chat.type == "supergroup":
            chat.last_id += 1
            return chat.last_id
        self._last_id += 1
        return self._last_id

    def tapped(self, human: Human) -> Tap:
        """A new tap of this person; the oldest of all is forgotten when there are too many."""
        self._last_tap += 1
        tap = self.taps[str(self._last_tap)] = Tap(str(self._last_tap), human, self.clock())
        human.unanswered[tap.id] = None
        if len(self.taps) > self.remembered:
            oldest = self.taps.pop(next(iter(self.taps)))
            oldest.person.unanswered.pop(oldest.id, None)
            oldest.person.notices.pop(oldest.id, None)
        return tap

    def log_sent(self, method: str, message: Json) -> None:
        """Note a message of the bot for benches that look on from another process."""
        self.sent_count += 1
        chat_id = message["chat"]["id"]
        self.sent.append(
            {
                "k": self.sent_count,
                "person": chat_id,
                "chat_id": chat_id,
                "method": method,
                "text": message.get("text") or message.get("caption", ""),
                "message_id": message["message_id"],
                "time": self.clock().timestamp(),
            }
        )

    def change_keyboard(self, chat: Chat, keyboard: Json | None) -> None:
        """Give a chat another reply keyboard, or none."""
        chat.keyboard = keyboard
        self.tell("keyboard", chat, {"keyboard": keyboard})

    def keep(self, chat: Chat, message: Json, kind: str = "message") -> None:
        """Put a new or changed message into its chat and tell everybody who looks on."""
        chat.messages[message["message_id"]] = message
        if self.keep_messages is not None and len(chat.messages) > self.keep_messages:
            forgotten = next(iter(chat.messages))
            del chat.messages[forgotten]
            chat.sealed.discard(forgotten)
        self.tell(kind, chat, {"message": message, "message_id": message["message_id"]})

    def forget(self, chat: Chat, message_id: int) -> None:
        """Delete a message for everybody."""
        del chat.messages[message_id]
        self.tell("delete", chat, {"message_id": message_id})

    def tell(self, kind: str, chat: Chat, detail: Json) -> None:
        """Record an event and wake those who wait for one."""
        self.seq += 1
        self.events.append(Event(self.seq, kind, chat.id, detail))
        for member in chat.members.values():
            member.signal.notify()
        self.changed.notify()
        self.stirred.notify()
