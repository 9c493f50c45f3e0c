"""Which list of the desk is looked at, as the buttons carry it: nothing is remembered elsewhere.

A list is `group:what:rt:page`, or `group:what:rt:who:words:page` where it is narrowed further;
"x" stands for all. `what` is a type of ticket or a kind of complaint. Every list and every screen
that is reached from one has a button with it, so that the way back leads to the same list.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from handlers.buttons import CALLBACK_BYTES
from handlers.taps import page_in
from handlers.unit import Button, Unit
from services import desk as rules
from services.complaint_form import KINDS
from services.tickets import COMPLAINT, NEW_STATES, OPEN_STATES, TYPES
from storage import screen
from storage.desk import Filter, Pile

ALL, MINE, EVERYTHING, LATE = "x", "m", "all", "late"
PILES = {
    "new": Pile(NEW_STATES),
    "open": Pile(OPEN_STATES),
    LATE: Pile(OPEN_STATES),  # past their deadline now
    "closed": Pile(without=OPEN_STATES),
    EVERYTHING: Pile(),  # what a search looks through
}
OPEN, LIST, FILTERS = "desk:open:", "desk:list:", "desk:filters:"
# What a list shows, in as few letters as can be: the words of a search need the room.
CODES = {type_: type_[0] for type_ in TYPES} | {kind: f"k{n}" for n, kind in enumerate(KINDS)}
NAMES = {code: name for name, code in CODES.items()}
_LONGEST_ID, _LONGEST_PAGE = 7, 3  # digits
_FIXED = f"{OPEN}{'9' * _LONGEST_ID}:{max(PILES, key=len)}:k9:005:{MINE}::{'9' * _LONGEST_PAGE}"
MAX_WORDS = CALLBACK_BYTES - len(_FIXED)  # bytes


class View(NamedTuple):
    """Which list is looked at."""

    group: str = "new"
    type: str = ALL
    rt: str = ALL
    page: int = 0
    kind: str = ALL  # of complaints
    mine: bool = False
    words: str = ""  # that were searched for; `searchable` gives them

    def button(self, label: str, act: str = LIST, /, **values: Any) -> Button:
        """A button that opens this list, or another screen about it."""
        return Button(label, f"{act}{self.path}", values)

    def ticket_button(self, label: str, ticket_id: int, **values: Any) -> Button:
        """A button that opens a ticket, and remembers this list."""
        return Button(label, f"{OPEN}{ticket_id}:{self.path}", values)

    @property
    def path(self) -> str:
        """As a button carries it."""
        more = f":{MINE if self.mine else ALL}:{self.words}" if self.mine or self.words else ""
        return f"{self.group}:{self.what}:{self.rt}{more}:{self.page}"

    @property
    def what(self) -> str:
        """The kind of complaint that it shows, or else the type."""
        name = self.type if self.kind == ALL else self.kind
        return CODES.get(name, name)

    @property
    def is_narrowed(self) -> bool:
        """Whether it leaves anything of its pile out."""
        return self._replace(group="", page=0) != View(group="")

    def filter(self, telegram_id: int) -> Filter:
        """What narrows it beyond type and RT, for somebody who looks at it."""
        kind = None if self.kind == ALL else self.kind
        return Filter(kind, telegram_id if self.mine else None, self.words)


def view_in(unit: Unit, values: Sequence[str]) -> View | None:
    """The list that a button names; None if it is no button of ours."""
    group, what, rt, *rest = [*values, "", "", ""]
    page = page_in(values[-1]) if len(values) > 3 else 0
    who, words = (rest[0], rest[1]) if len(values) == 6 else (ALL, "")
    name = NAMES.get(what, what)
    kind = name if name in KINDS else ALL
    type_ = COMPLAINT if kind != ALL else name
    types = (*rules.types_of(unit.actor), ALL)
    known = group in PILES and type_ in types and rt in (*unit.settings.rt_numbers, ALL)
    if not known:
        return None
    return View(group, type_, rt, page, kind, who == MINE, searchable(words))


def searchable(words: str) -> str:
    """Words that fit a button: in one line, without the sign that parts a button, cut short."""
    line = " ".join(words.replace(":", " ").split())
    return line.encode()[:MAX_WORDS].decode(errors="ignore").strip()


def came_from(unit: Unit) -> View:
    """The list that a ticket was opened from.

    The tapped button names it, or one beside it, or else what this chat was shown last: after a
    form, and where a card was tapped.
    """
    if unit.tap is not None:
        below = [data for row in unit.tap.keyboard for data in row]
        found = _named(unit, [unit.tap.data]) or _named(unit, below)
        if found is not None:
            return found
    return _named(unit, screen.last_with(unit.db, unit.chat_id, LIST)) or View()


def _named(unit: Unit, datas: Iterable[str]) -> View | None:
    """The one list that buttons name; those of a list itself say which one it is."""
    parts = [(data, data.split(":")) for data in datas]
    for beginning, values_from in ((FILTERS, 2), (OPEN, 3), (LIST, 2)):
        paths = {tuple(p[values_from:]) for data, p in parts if data.startswith(beginning)}
        paths.discard(())
        if len(paths) == 1:
            return view_in(unit, *paths)
    return None
