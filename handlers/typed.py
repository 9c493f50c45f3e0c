"""Words typed instead of a tap: a button's label, its number, "ya" or "tidak", a ticket's number.

For people who cannot tap small buttons, or whose telephone shows none. Every button of the bot
can be typed, so no feature needs to care. The choices of a form's question are read by the form.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from telegram import Update

from content.kosakata import normal
from content.phrases import MAX_LABEL, plain, shortened
from handlers.routes import Route
from handlers.taps import Tap
from handlers.unit import Button, Unit
from services.roles import Permission
from services.tickets import State
from storage import screen, tickets
from storage.screen import Shown

LONGEST = 40  # characters: longer words are no button
LONGEST_SENTENCE = 300  # one that answers what was asked
SHORTEST_BEGINNING = 4  # letters of a label's beginning that are enough
NUMBER = re.compile(r"^(?:no|nomor|nomer|pilih|angka|(rt))?\s*(\d{1,4})$")
TICKET = re.compile(r"^(?:no|nomor)?\s*([a-z]{3}) (\d{4}) (\d{1,5})$")
OF_A_FORM = re.compile(r"^form:[^:]*:\d+:(\w+)")
READ_BY_THE_FORM = {"choose", "skip", "back", "send", "cancel"}
WHOLE_ONLY = ("privacy:erase",)  # what cannot be undone: its label, or the word that is asked for
SIDES = ("ya", "tidak")
AGREEING = (
    "consent:yes",
    "gotong:agree:",
    "proposal:agree:",
    "lesson:agree:",
    "presence:agree:",
    "assisted:agree",
)  # only for a clear yes
# Buttons that a sentence may press. Support can be taken back; deleting asks a second time.
FIXED = ("report:fixed:", "verdict:lasting:", "activity:close:")
UNFIXED = ("report:unfixed:", "verdict:broken:")
BY_WORD = {"dukung": "proposal:support:", "hapus": "privacy:sure"}
DIFFERENT = ":different"
ARROWS = {"berikutnya": "➡", "sebelumnya": "⬅"}  # answers that turn pages, and what shows it


@dataclass(frozen=True)
class Which:
    """Words that fit the same button under several messages."""

    found: Sequence[Shown]

    def ask(self, unit: Unit, update: Update) -> None:
        """Ask which of them is meant, by the first lines of their messages."""
        rows = []
        for number, one in enumerate(self.found, start=1):
            label = shortened(f"{number}. {plain(one.title)}", MAX_LABEL)
            rows.append([Button("typed.button.which", one.data, {"label": label})])
        unit.reply("typed.which", rows)


def read(unit: Unit, text: str, seen_at: datetime) -> Tap | Which | None:
    """What words mean on the buttons that the person saw last; None if they are no button.

    `seen_at` is when they were typed: what came after that was not seen.
    """
    if not text or len(text) > LONGEST_SENTENCE:
        return None
    said = spelled(unit, normal(text))
    buttons = screen.last_buttons(unit.db, unit.chat_id, seen_at=seen_at)
    is_answer = _is_answer_to(unit, said, buttons)
    if not is_answer:
        buttons = [one for one in buttons if normal(one.label) == said]
    if "?" in text:  # asked, not answered
        found = [one for one in buttons if "?" in one.label and normal(one.label) == said]
    else:
        found = _meant(unit, said, buttons) if len(text) <= LONGEST else []
    if not found and is_answer:
        return _tap(_in_a_sentence(unit, text, buttons), buttons, text) or _opened(unit, said)
    if len({one.data for one in found}) > 1:
        same_label = len({normal(one.label) for one in found}) == 1
        return Which(found) if same_label else None
    return _tap(found, buttons) or _opened(unit, said)


def _opened(unit: Unit, said: str) -> Tap | None:
    """The ticket whose number was typed."""
    data = _ticket(unit, said)
    return Tap(None, data, message_id=None, is_text=False) if data else None


def _tap(found: Sequence[Shown], buttons: Sequence[Shown], words: str = "") -> Tap | None:
    """The tap that words stand for; `words` are those of a sentence that says more."""
    if not found:
        return None
    keyboard = tuple((one.data,) for one in buttons)
    shown = plain(found[0].text)
    return Tap(
        None, found[0].data, None, is_text=False, text=shown, keyboard=keyboard, words=words
    )


def _is_answer_to(unit: Unit, said: str, buttons: Sequence[Shown]) -> bool:
    """Whether less than a whole label may be meant.

    Not while a form is open and something else has come in between, nor for a number that staff
    have asked for.
    """
    if unit.draft is not None and not all(one.is_reply for one in buttons):
        return False
    resident = unit.actor.resident
    return not (
        NUMBER.match(said)
        and resident is not None
        and tickets.waiting_for(unit.db, resident.id, State.NEEDS_DATA)
    )


def command_for(unit: Unit, text: str, commands: Iterable[Route]) -> Route | None:
    """The command whose name or menu label was typed; in the middle of a form it is an answer."""
    if unit.draft is not None or len(text) > LONGEST:
        return None
    said = normal(text)
    for route in commands:
        names = {normal(route.name)}
        if route.menu is not None:
            names.add(normal(unit.phrases.plain(route.menu)))
        if said in names and unit.actor.may(route.needs):
            return route
    return None


def _in_a_sentence(unit: Unit, text: str, buttons: Sequence[Shown]) -> list[Shown]:
    """The one button that a sentence answers: "belum nak, masih mampet" under "Sudah beres?".

    Only what was asked just now: what is said in an open form, or asks, or leaves, is none.
    """
    vocabulary = unit.world.vocabulary
    if vocabulary.asks(text) or vocabulary.action(text) == "cancel":
        return []
    if unit.draft is not None:  # similar ones are shown before it is sent
        ending = DIFFERENT if vocabulary.says("beda", text) else None
        found = [one for one in buttons if ending and one.data.endswith(ending)]
    else:
        verdict = {"ya": FIXED, "tidak": UNFIXED}.get(vocabulary.verdict(text) or "", ())
        said = [data for word, data in BY_WORD.items() if vocabulary.says(word, text)]
        beginnings = tuple(said or verdict)
        found = [one for one in buttons if one.data.startswith(beginnings)]
    return found if len(found) == 1 else []


def spelled(unit: Unit, said: str) -> str:
    """Numbers in digits: "duo belas" → "12", "rt lima" → "rt 5"."""
    words = ((word, unit.world.vocabulary.answer(word)) for word in said.split())
    digits = " ".join(digit if digit and digit.isdecimal() else word for word, digit in words)
    return re.sub(r"\b([1-9]) belas\b", r"1\1", digits)


def _meant(unit: Unit, said: str, buttons: Sequence[Shown]) -> list[Shown]:
    """The buttons that words fit."""
    actions = {_action(one.data) for one in buttons}
    free = [one for one in buttons if not _is_read_by_form(one.data)]
    all_ = buttons if "edit" in actions else free  # a summary's own words are no answer
    found = [one for one in all_ if normal(one.label) == said]
    if found or ("cancel" in actions and "edit" not in actions):  # the form reads the rest
        return found
    if "edit" in actions:
        return _edited(unit, said, [one for one in free if _action(one.data) == "edit"])
    free = [one for one in free if not one.data.startswith(WHOLE_ONLY)]
    if "resume" in actions:
        return _resumed(unit, said, free)
    ways: tuple[Callable[[], list[Shown]], ...] = (
        lambda: _numbered(said, free),
        lambda: _answered(unit, said, free),
        lambda: [] if unit.world.vocabulary.answer(said) in SIDES else _begun(said, free),
    )
    return next((fit for way in ways if (fit := way())), [])


def _resumed(unit: Unit, said: str, buttons: Sequence[Shown]) -> list[Shown]:
    """At "Lanjutkan isian tadi?" and "Batalkan isian ini?"."""
    vocabulary = unit.world.vocabulary
    leaving = [one for one in buttons if _action(one.data) == "discard"]
    staying = [one for one in buttons if _action(one.data) == "resume"]
    answer = vocabulary.answer(said)
    words = said.split()
    for at, word in enumerate(words):
        if vocabulary.action(word) == "cancel":  # "iyo batalkan", but not "jangan batalkan"
            kept = any(vocabulary.answer(before) == "tidak" for before in words[:at])
            return staying if kept else leaving
    if vocabulary.action(said) == "cancel":
        return leaving
    if answer == "ya":
        return leaving or staying
    if answer == "berikutnya" or (answer == "tidak" and leaving):
        return staying
    return _begun(said, buttons)


def _action(data: str) -> str | None:
    found = OF_A_FORM.match(data)
    return found[1] if found else None


def _is_read_by_form(data: str) -> bool:
    return _action(data) in READ_BY_THE_FORM


def _edited(unit: Unit, said: str, edits: Sequence[Shown]) -> list[Shown]:
    """At a summary: "ubah tempat", or the number of an answer. None of it sends anything."""
    first, _, rest = said.partition(" ")
    number = NUMBER.match(said)
    if number is not None:
        return _at(int(number[2]), edits)
    if unit.world.vocabulary.answer(first) != "ubah" or not rest:
        return []
    return [one for one in edits if f"{normal(one.label)} ".startswith(f"{rest} ")]


def _numbered(said: str, buttons: Sequence[Shown]) -> list[Shown]:
    """What stands on the buttons counts: RT 02, ticket 0002; else "2" is the second button."""
    number = NUMBER.match(said)
    if number is None:
        return []
    value = int(number[2])
    if number[1] or any(re.search(r"\brt \d+$", normal(one.label)) for one in buttons):
        return [b for b in buttons if re.search(rf"\brt 0*{value}$", normal(b.label))]
    tickets_ = [
        b for b in buttons if re.match(rf"[a-z]{{3}} \d{{4}} 0*{value}\b", normal(b.label))
    ]
    return tickets_ if len(tickets_) == 1 else _at(value, buttons)


def _at(place: int, buttons: Sequence[Shown]) -> list[Shown]:
    return list(buttons[place - 1 : place]) if place > 0 else []


def _answered(unit: Unit, said: str, buttons: Sequence[Shown]) -> list[Shown]:
    """ "ya", "iyo", "dak": the one button that says so, where others say the contrary.

    "berikutnya" turns the page.
    """
    vocabulary = unit.world.vocabulary
    answer = vocabulary.answer(said)
    if answer in ARROWS:
        turns = [one for one in buttons if re.search(r":\d+$", one.data)]
        return [one for one in turns if ARROWS[answer] in one.label]
    sides = {side: [b for b in buttons if vocabulary.begins(b.label, side)] for side in SIDES}
    if any(one.data.startswith(AGREEING) for one in buttons):
        answer = "ya" if vocabulary.agrees(said) else "tidak" if answer == "tidak" else None
    if answer not in SIDES or not all(sides.values()):
        return []
    return sides[answer] if len(sides[answer]) == 1 else []


def _begun(said: str, buttons: Sequence[Shown]) -> list[Shown]:
    """The beginning of one label, or its end: "usulan saya beda"."""
    if len(said) < SHORTEST_BEGINNING:
        return []
    found = [
        one
        for one in buttons
        if f"{normal(one.label)} ".startswith(f"{said} ")
        or (" " in said and normal(one.label).endswith(f" {said}"))
    ]
    return found if len({one.data for one in found}) == 1 else []


def _ticket(unit: Unit, said: str) -> str | None:
    """The number of a ticket opens it: at the desk for staff, else among one's own."""
    named = TICKET.match(said)
    if named is None or unit.draft is not None:
        return None
    number = f"{named[1].upper()}-{named[2]}-{int(named[3]):04d}"
    row = tickets.by_number(unit.db, number) if unit.actor.may(Permission.SEE_TICKETS) else None
    resident = unit.actor.resident
    own = row is not None and resident is not None and row.reporter_id == resident.id
    return f"report:open:{number}" if row is None or own else f"desk:open:{row.id}"
