"""What the monkey bench looks at: the bot's database, its log, and every message that it shows."""

from __future__ import annotations

import asyncio
import re
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bench.monkey_cast import ADMINS, STAFF_GROUP, Play, Visitor
from bench.monkey_queries import (
    ANSWERS,
    EARLIER,
    GIVEN_UP,
    LOST,
    PLACES,
    PROPOSED,
    SHARED,
    STATES,
    WAITING,
)
from bench.monkey_read import data, labels, read, urls
from bench.monkey_words import MARKER
from content import phrases
from simulator.state import Event

SETTLE_SECONDS = 60.0
SOON = timedelta(seconds=2)  # what waits longer is meant to
LOOK_SECONDS = 0.01
LOUD = re.compile(r" (ERROR|WARNING) |^Traceback")
# Half a character, see UNKNOWN; and the clock ticks faster here than the machine may be.
ALLOWED_LOG = re.compile("something that came is no update|maximum number of running instances")
# Of a person who blocked the bot, of a group that threw it out or has moved: nobody's mistake.
ALLOWED = re.compile("blocked by the user|kicked from the|upgraded to a supergroup")
PUBLIC = re.compile("similar|proposal:")  # buttons under words that all residents may read
NUMBER = re.compile(r"\b[A-Z]{3}-\d{4}-\d{4,}\b")
LINK = re.compile(r"start=((undang|hadir|kabar|tiket)_[\w-]+)")
CODE = re.compile(r"\bhadir ([A-Z]{3}[2-9]{3})\b")  # as staff are shown it
LINKS_KEPT, CODES_KEPT = 6, 4  # of each kind; of all codes
# Over a photo that is too old for the bot to delete: who was shown it is asked to.
COVERED = re.sub("<[^>]*>", "", phrases.load().text("erase.covered"))
NAME_SEERS = {"rt_head", "staff", "admin"}  # who may see who filed a ticket
STAFF = {*NAME_SEERS, "planner"}


@dataclass
class Failure:
    """One broken promise."""

    what: str  # the promise
    detail: str
    action: int
    log: list[str]  # last acts in that chat


@dataclass
class Watch:
    """Looks after each round; failures of one kind are shown once and counted."""

    play: Play
    database: Path
    log: Path
    now: Callable[[], datetime]  # where the bot is
    failures: list[Failure] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)  # what Telegram may refuse
    shown: int = 0  # messages that were looked at
    roles: dict[int, str] = field(default_factory=dict)
    ever_staff: set[int] = field(default_factory=set)  # their words may stand anywhere

    def __post_init__(self) -> None:
        self._db = sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)
        self.play.db = self._db
        self._by_number = {visitor.number: visitor for visitor in self.play.visitors}
        self._seq = self.play.simulator.world.seq
        self._read = self.log.stat().st_size
        self._refusals = 0
        self._last_row = 0
        self._poison = 0

    def ask(self, query: str, *values: Any) -> list[Any]:
        """All rows of a query."""
        return self._db.execute(query, values).fetchall()

    def fails(self, what: str, detail: str, action: int, who: Visitor | None) -> None:
        """Note a broken promise, and show it if it is the first of its kind."""
        signature = f"{what}: {re.sub(r'[0-9]+', '#', detail)[:70]}"
        self.counts[signature] += 1
        log = list(who.log) if who is not None else []
        failure = Failure(what, detail, action, log)
        self.failures.append(failure)
        if self.counts[signature] == 1:
            print(f"\nBROKEN at action {action}: {what}\n  {detail}", flush=True)
            for line in log:
                print(f"    {who.number if who else ''} {line}", flush=True)

    def works(self, who: Visitor) -> bool:
        """Whether somebody has a role."""
        return who.number in self.roles or who.number == ADMINS[0]

    # After each round

    async def settles(self, action: int) -> bool:
        """Wait until the bot has nothing to do; False if that never comes."""
        until = time.monotonic() + SETTLE_SECONDS
        while time.monotonic() < until:
            soon = f"{self.now() + SOON:%Y-%m-%d %H:%M:%S.%f}"
            taken = not self.play.simulator.updates_unconfirmed
            if taken and self._db.execute(WAITING, {"soon": soon}).fetchone()[0] == 0:
                return True
            await asyncio.sleep(LOOK_SECONDS)
        kinds = self.ask(STATES)
        self.fails("everything is handled", f"after {SETTLE_SECONDS} s: {kinds}", action, None)
        return False

    def looks(self, action: int) -> None:
        """Check what this round brought."""
        before = dict(self.roles)
        self.roles = dict(self.ask("SELECT telegram_id, role FROM role_grant"))
        self.ever_staff |= {*self.roles, *before}
        self._look_at_log(action)
        self._look_at_refusals(action)
        self._look_at_taps(action)
        self._look_at_answers(action)
        world = self.play.simulator.world
        fresh = [event for event in world.events if event.seq > self._seq]
        self._seq = world.seq
        for event in fresh:
            self._look_at_event(event, action, before)

    def _look_at_log(self, action: int) -> None:
        with self.log.open("rb") as log:
            log.seek(self._read)
            text = log.read()
        self._read += len(text)
        for line in text.decode("utf-8", "replace").splitlines():
            if LOUD.search(line) and not ALLOWED_LOG.search(line):
                self.fails("no errors in the log", line[24:], action, self._guilty(line))
        for row_id, state, error, body in self.ask(LOST, self._poison):
            self._poison = row_id
            if state == "dead":
                self.fails("no dead letters", f"{error}\n  {body[:1500]}", action, None)

    def _guilty(self, line: str) -> Visitor | None:
        found = re.search(r"update (\d+) failed", line)
        rows = self.ask("SELECT chat_id FROM inbox WHERE id = ?", found[1]) if found else []
        return self._by_number.get(rows[0][0]) if rows else None

    def _look_at_refusals(self, action: int) -> None:
        refusals = self.play.simulator.refusals
        for refusal in refusals[self._refusals :]:
            chat = int(refusal.parameters.get("chat_id") or 0)
            if ALLOWED.search(refusal.description) or self._swallowed(chat, refusal.description):
                self.refused[refusal.description] += 1
                continue
            who = self._by_number.get(chat)
            detail = f"{refusal.method}: {refusal.description}\n  {refusal.parameters}"
            self.fails("Telegram refuses nothing", detail[:1500], action, who)
        self._refusals = len(refusals)

    def _swallowed(self, chat: int, description: str) -> bool:
        """Whether a card is changed back into what it shows, since a block took the change."""
        return "not modified" in description and bool(self.ask(GIVEN_UP, chat))

    def _look_at_taps(self, action: int) -> None:
        for tap_id in self.play.taps:
            tap = self.play.simulator.world.taps[tap_id]
            if tap.answers != 1:
                who = self._by_number[tap.person.id]
                self.fails("every tap is answered once", f"{tap.answers} times", action, who)
        self.play.taps.clear()

    def _look_at_answers(self, action: int) -> None:
        answers, before = dict(self.ask(ANSWERS, self._last_row)), self._last_row
        self._last_row = self.ask("SELECT coalesce(max(id), 0) FROM outbox")[0][0]
        for who in self.play.visitors:
            got = answers.get(who.number, 0)
            if got < who.wanted and not who.silent and self.ask(EARLIER, who.number, before):
                detail = f"{got} answers instead of {who.wanted}: {list(who.log)[-3:]}"
                self.fails("every message is answered", detail, action, who)
            who.wanted = 0
        answers.pop(STAFF_GROUP, None)  # its cards are kept as they should be
        said = sum(count for chat, count in answers.items() if chat < 0)
        if said > self.play.called:
            some = "SELECT params FROM outbox WHERE chat_id < 0 ORDER BY id DESC LIMIT 3"
            detail = f"{said} answers to {self.play.called} commands: {self.ask(some)}"
            self.fails("in groups only commands are answered", detail, action, None)
        self.play.called = 0

    # What is shown, and to whom

    def _look_at_event(self, event: Event, action: int, before: dict[int, str]) -> None:
        who = self._by_number.get(event.person)
        message = event.detail.get("message")
        if event.kind == "notice":
            message = {"text": event.detail["notice"]["text"]}
        elif message is None or message["from"]["id"] != self.play.simulator.world.bot["id"]:
            return
        elif who is not None:
            who.sees(message, self.play.chance)
        self.shown += 1
        text = f"{message.get('text', '')} {message.get('caption', '')} {labels(message)}"
        self._collect(f"{text} {urls(message)}")
        seen = {self.roles.get(event.person, ""), before.get(event.person, "")}
        for problem in self._wrong(event.person, message, text, seen):
            detail = f"{problem} in the chat of {event.person} {sorted(seen)}\n  {message}"
            self.fails("nothing of another person is shown", detail[:2500], action, who)

    def _collect(self, text: str) -> None:
        """Links and codes that are seen somewhere: anybody may try them."""
        links, codes = self.play.links, self.play.codes
        for payload, kind in LINK.findall(text):
            same = [one for one in links[1:] if one.startswith(kind)]  # the expired one stays
            if payload not in same:
                links.append(payload)
                if len(same) == LINKS_KEPT:
                    links.remove(same[0])
        codes += [code for code in CODE.findall(text) if code not in codes]
        del codes[:-CODES_KEPT]

    def _wrong(
        self, viewer: int, message: dict[str, Any], text: str, seen: set[str]
    ) -> Iterator[str]:
        """What of other persons a message shows although it must not."""
        if viewer == STAFF_GROUP:
            return
        if viewer < 0 and NUMBER.search(text):
            yield "a ticket"
        admin = viewer == ADMINS[0]
        for kind, number in {(k.lower(), int(n)) for k, n in MARKER.findall(text)}:
            if number == viewer or (kind == "n" and number == 999 and viewer < 0):
                continue
            if kind == "n" and not (admin or seen & NAME_SEERS):
                yield f"the name of {number}"
            if kind == "w" and not (admin or seen & STAFF or self._may(viewer, number, message)):
                yield f"words of {number}"
        covered = message.get("caption") == COVERED
        for owner in set() if covered else self._files(message):
            if owner is None or owner == viewer or admin or seen & STAFF:
                continue
            if not self._may(viewer, owner, message):
                yield f"a file of {owner}"
        if "document" in message:
            yield from self._in_document(viewer, message, admin, seen)

    def _may(self, viewer: int, owner: int, message: dict[str, Any]) -> bool:
        """Whether words or a file of a resident may stand in another one's chat."""
        said = f"{message.get('text', '')} {message.get('caption', '')}"
        placed = any(place and place in said for (place,) in self.ask(PLACES, owner))
        if self._wrote_as_staff(owner) or placed:  # an organiser took the words over
            return True
        if viewer < 0:
            return False
        under = " ".join(data(message))
        if PUBLIC.search(under):
            return True
        shared = {row[0] for row in self.ask(SHARED, viewer, owner)}
        text = f"{message.get('text', '')} {message.get('caption', '')}"
        bare = not text.strip() and not under  # an album or voice note of one's own ticket
        if bare and self._proposed(message):
            return True
        return bool(shared and (bare or shared & set(NUMBER.findall(f"{text} {under}"))))

    def _wrote_as_staff(self, number: int) -> bool:
        """Whether words may be an answer of staff, the title of an activity, or its result."""
        return number in self.ever_staff or number == ADMINS[0]

    def _proposed(self, message: dict[str, Any]) -> bool:
        """Whether a file belongs to an aspiration: all residents may browse those."""
        files = [*message.get("photo", []), message.get("voice", {})]
        return any(self.ask(PROPOSED, shown.get("file_id")) for shown in files)

    def _files(self, message: dict[str, Any]) -> set[int | None]:
        files = [*message.get("photo", []), *([message["voice"]] if "voice" in message else [])]
        return {self.play.owners.get(shown["file_unique_id"]) for shown in files}

    def _in_document(
        self, viewer: int, message: dict[str, Any], admin: bool, seen: set[str]
    ) -> Iterator[str]:
        stored = self.play.simulator.world.files.find(message["document"]["file_id"])
        assert stored is not None
        for kind, number in {(k.lower(), int(n)) for k, n in MARKER.findall(read(stored.data))}:
            names = kind == "n" and not (admin or "admin" in seen)
            theirs = not names and self._wrote_as_staff(number)  # titles, answers
            if number != viewer and not theirs and (names or not (admin or seen & STAFF)):
                yield f"{'the name' if kind == 'n' else 'words'} of {number} in a file"
