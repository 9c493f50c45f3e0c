"""A person who writes and taps whatever the bot shows, and what all of them saw together."""

from __future__ import annotations

import html
import random
import re
import string
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from bench.deeds import Deeds
from bench.told import Own
from content.phrases import Phrases
from simulator import Person

ANSWER_SECONDS = 20.0  # a person who sees nothing for so long counts as unanswered
PATIENCE = 6  # so many times he goes on waiting for it
LOOKS_BACK = 80  # messages of a chat that he looks at
STRAYS = 3  # times without a question, until he leaves whatever is open
WAIT_SECONDS = 6.0  # for a question, a list or a button that is on its way
Message = dict[str, Any]
Act = Callable[[], Awaitable[Any]]
Answer = str | Callable[[], Act | None]  # words, or what gives an act if one is due
Buttons = tuple[str, ...] | Callable[[], tuple[str, ...]]
Told = Callable[..., bool]
GAPS = dict.fromkeys(
    ("number", "name", "words", "title", "reason", "state", "ask", "authority", "about", "place",
     "kinds", "whom", "monday", "label"),
    "\0",
)  # fmt: skip
BEGINNINGS = 4  # of a form that never opens


@dataclass
class Mixed:
    """What people saw confirmed beside complaints and aspirations."""

    announced: set[str] = field(default_factory=set)  # markers
    planned: set[str] = field(default_factory=set)  # markers
    answers: dict[tuple[int, int], str] = field(default_factory=dict)  # person, occurrence
    ticks: dict[tuple[int, int], bool] = field(default_factory=dict)  # occurrence, resident
    tick_acts: int = 0
    read: set[tuple[int, str]] = field(default_factory=set)  # person, topic
    added: dict[str, str] = field(default_factory=dict)  # marker → number of the ticket
    too_late: set[str] = field(default_factory=set)  # markers of additions that were refused
    withdrawn: set[str] = field(default_factory=set)  # numbers
    # in order: person, ticket by its id or its number, whether he supports it from then on
    support: list[tuple[int, int | str, bool]] = field(default_factory=list)
    links: list[str] = field(default_factory=list)  # payloads of invites
    accepted: dict[str, list[int]] = field(default_factory=dict)  # payload → persons
    refused: int = 0  # who came second with a link
    exports: list[tuple[int, bool]] = field(default_factory=list)  # person, with names


@dataclass
class Tally:
    """What all people saw together."""

    # Marker words of complaints that were sent. One stands in every text of its complaint: who
    # meets a question twice, because a repeat came late, answers it twice.
    sent: set[str] = field(default_factory=set)
    confirmed: dict[str, str] = field(default_factory=dict)  # marker → number
    photos: int = 0
    acts: int = 0
    unanswered: list[str] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)  # seconds from act to answer
    strays: int = 0  # times that a person was left without a question and asked for the form again
    mixed: Mixed = field(default_factory=Mixed)
    own: Own = field(default_factory=Own)
    deeds: Deeds = field(default_factory=Deeds)


class Gone(Exception):
    """The bot does not answer any more."""


class Someone:
    """A person; only what he sees decides what he does next."""

    def __init__(
        self, person: Person, phrases: Phrases, tally: Tally, choices: random.Random
    ) -> None:
        self.person = person
        self._phrases = phrases
        self._tally = tally
        self._random = choices
        self._known: dict[int, Message] = {}

    # Seeing

    def _changes(self) -> list[Message]:
        """Messages of the bot that are new or changed since the last act."""
        return [m for m in self._recent() if self._known.get(m["message_id"]) is not m]

    def _recent(self) -> list[Message]:
        """The last messages of the bot in this chat."""
        return self.person.from_bot[-LOOKS_BACK:]

    async def _acts(self, act: Act) -> None:
        """Do something, then wait until the bot visibly answers.

        Raises:
            Gone: it never does.
        """
        self._known = dict(self.person.chat.messages)
        notices, began = len(self.person.notices), time.monotonic()
        self._tally.acts += 1
        done = await act()
        tap = done if isinstance(done, str) else None

        def answered(person: Person) -> bool:
            if tap is not None and tap in person.human.unanswered:
                return False
            spoken = any(notice["text"] for notice in person.notices[notices:])
            return bool(spoken or self._changes())

        for _ in range(PATIENCE):
            try:
                await self.person.waits_for(answered, ANSWER_SECONDS)
            except TimeoutError as error:
                self._tally.unanswered.append(str(error))
            else:
                self._tally.waits.append(time.monotonic() - began)
                return self._reads(notices)
        raise Gone(self.person.human.name)

    def _reads(self, notices: int) -> None:
        """Look at what was just said."""

    def _buttons(self, message: Message) -> dict[str, str]:
        """Data by label of the buttons under a message."""
        return {
            button["text"]: button["callback_data"]
            for row in message.get("reply_markup", {}).get("inline_keyboard", [])
            for button in row
            if "callback_data" in button
        }

    def _says(self, text: str, key: str, **values: str) -> bool:
        """Whether a text holds a phrase."""
        return html.unescape(re.sub(r"<[^>]*>", "", self._phrases.text(key, **values))) in text

    async def _presses(self, message_id: int, data: str) -> str:
        """Tap a button; gives what the tap itself was answered, "" if that was nothing."""
        taps: list[str] = []

        async def act() -> str:
            taps.append(await self.person.taps_raw(message_id, data))
            return taps[0]

        await self._acts(act)
        return str(self.person.human.notices[taps[0]]["text"] or "")

    async def _taps(self, beginning: str, ending: str = "") -> tuple[str, str] | None:
        """Tap a button of what is shown in answer, any of those that fit.

        Gives its data and what the tap was answered, None if no such button comes.
        """
        data = await self._finds(beginning, ending)
        if not data:
            return None
        chosen = self._random.choice(sorted(data))
        return chosen, await self._presses(data[chosen], chosen)

    async def _finds(self, beginning: str, ending: str = "") -> dict[str, int]:
        """Wait for fitting buttons; gives their messages by data, nothing if none comes."""
        try:
            found: dict[str, int] = await self.person.waits_for(
                lambda _p: self._offered(beginning, ending), WAIT_SECONDS
            )
        except TimeoutError:
            return {}
        return found

    def _offered(self, beginning: str, ending: str) -> dict[str, int]:
        """Fitting buttons with their messages, new since the last act; pushed cards excepted."""
        found = {}
        for message in self._changes():
            buttons = list(self._buttons(message).values())
            if len(buttons) > 1 or not buttons[0:1] or not buttons[0].startswith("desk:open:"):
                found |= {data: int(message["message_id"]) for data in buttons}
        return {d: m for d, m in found.items() if d.startswith(beginning) and d.endswith(ending)}

    def _word(self, length: int) -> str:
        return "".join(self._random.choices(string.ascii_lowercase, k=length))


class Writer(Someone):
    """Somebody who fills in forms; what the bot asks decides what he says."""

    def __init__(
        self, person: Person, phrases: Phrases, tally: Tally, choices: random.Random
    ) -> None:
        super().__init__(person, phrases, tally, choices)
        self._mixed, self._deeds = tally.mixed, tally.deeds
        self._pressed: dict[str, str] = {}  # data of this form's taps → what they were answered

    async def _fills(
        self,
        begin: Act,
        words: dict[str, Answer],
        buttons: Buttons,
        done: Callable[[], bool],
    ) -> None:
        """Answer what is asked until `done`; where nothing is asked any more, `begin` anew.

        `words` are answers by the key of their question, `buttons` patterns of what to tap, the
        most pressing first, or what gives these. The bot answers a chat in order: `done` shows
        before a form that was begun anew asks anything.
        """
        self._pressed.clear()
        strays = 0
        await begin()
        while not done():
            try:
                await self.person.waits_for(
                    lambda _p: done() or self._next(words, buttons), WAIT_SECONDS
                )
            except TimeoutError:
                self._tally.strays += 1
                strays += 1
                if strays % STRAYS == 0:  # another form is in the way: a late photo opened it
                    await self._acts(lambda: self.person.sends("/batal"))
                    await self._taps("form:", ending=":discard")
                await begin()
            asked = None if done() else self._next(words, buttons)
            if asked is not None:
                await asked()

    def _next(self, words: dict[str, Answer], buttons: Buttons) -> Act | None:
        """What the newest message that asks something wants."""
        patterns = buttons if isinstance(buttons, tuple) else buttons()
        for message in reversed(self._changes()):
            for key, said in words.items():
                if self._asks(message.get("text", ""), key):
                    act = self._say(said) if isinstance(said, str) else said()
                    if act is not None:
                        return act
            for pattern in patterns:
                for data in self._buttons(message).values():
                    if re.search(pattern, data):
                        return self._press(int(message["message_id"]), data)
        return None

    async def _sends(self, begin: Act, words: dict[str, Answer], buttons: Buttons) -> str | None:
        """Open a form, fill it and send it; `begin` may do nothing if it is open.

        Gives what the sending tap was answered; None if there is no such form any more.
        """
        begun = 0

        async def begins() -> None:
            nonlocal begun
            begun += 1
            await begin()

        def sent() -> list[str]:
            return [said for data, said in self._pressed.items() if data.endswith(":send")]

        await self._fills(begins, words, buttons, lambda: begun > BEGINNINGS or bool(sent()))
        return sent()[-1] if sent() else None

    def _asks(self, text: str, key: str) -> bool:
        """Whether a text is that phrase, whatever fills its gaps."""
        parts = self._phrases.text(key, **GAPS).split("\0")
        return all(html.unescape(re.sub(r"<[^>]*>", "", part)).strip() in text for part in parts)

    def _press(self, message_id: int, data: str) -> Act:
        async def act() -> None:
            self._pressed[data] = await self._presses(message_id, data)

        return act

    def _say(self, words: str) -> Act:
        return lambda: self._acts(lambda: self.person.sends(words))

    def _any(self, condition: Callable[[Message], bool]) -> bool:
        """Whether a message of the bot that is not long ago meets a condition."""
        return any(condition(message) for message in self._recent())

    def _news(self) -> Told:
        """From now on: whether something new in the chat holds a phrase."""
        before = dict(self.person.chat.messages)

        def told(key: str, **values: str) -> bool:
            return any(
                before.get(m["message_id"]) is not m
                and self._says(m.get("text", ""), key, **values)
                for m in self._recent()
            )

        return told

    def _opening(self, key: str) -> str:
        """A phrase up to its first gap, as it is read."""
        text = self._phrases.text(key, **GAPS).partition("\0")[0]
        return html.unescape(re.sub(r"<[^>]*>", "", text))
