"""Words typed instead of a tap: a button's label, its number, "ya" or "tidak".

For people who cannot tap small buttons, or whose telephone shows none. Every button of the bot
can be typed, so no feature needs to care. The choices of a form's question are read by the form.
"""

from __future__ import annotations

import re

from content.kosakata import normal
from handlers.taps import Tap
from handlers.unit import Unit
from storage import shown

LONGEST = 40  # characters: longer words are no button
SHORTEST_BEGINNING = 4  # letters of a label's beginning that are enough
NUMBER = re.compile(r"^(?:no|nomor|nomer|pilih|angka)?\s*(\d{1,2})$")
OF_A_FORM = re.compile(r"^form:[^:]*:\d+:(\w+)")
READ_BY_THE_FORM = {"choose", "skip", "back", "send", "cancel"}

Shown = list[tuple[str, str]]  # label and callback data of buttons


def tap_for(unit: Unit, text: str) -> Tap | None:
    """The tap that words stand for, on the buttons that the person saw last; None if none."""
    if not text or len(text) > LONGEST:
        return None
    buttons = shown.last_buttons(unit.db, unit.chat_id)
    data = _button(unit, normal(text), buttons) if buttons else None
    return None if data is None else Tap(query_id=None, data=data, message_id=None, is_text=False)


def _button(unit: Unit, said: str, shown: Shown) -> str | None:
    """The callback data of the button that is meant."""
    actions = {found[1] for _, data in shown if (found := OF_A_FORM.match(data))}
    free = [(normal(label), data) for label, data in shown if not _is_read_by_form(data)]
    whole = _only([data for label, data in free if label == said])
    if whole is not None or "cancel" in actions:  # a question of a form: it reads the rest
        return whole
    return _numbered(said, free) or _answered(unit, said, free) or _begun(said, free)


def _is_read_by_form(data: str) -> bool:
    found = OF_A_FORM.match(data)
    return found is not None and found[1] in READ_BY_THE_FORM


def _numbered(said: str, shown: Shown) -> str | None:
    """ "2" is the second button, but among RTs it is RT 02."""
    number = NUMBER.match(said)
    if number is None:
        return None
    place = int(number[1])
    named = [data for label, data in shown if re.search(rf"\brt 0*{place}$", label)]
    if named or any(re.search(r"\brt \d+$", label) for label, _ in shown):
        return _only(named)
    return shown[place - 1][1] if 0 < place <= len(shown) else None


def _answered(unit: Unit, said: str, shown: Shown) -> str | None:
    """ "ya", "iyo", "dak": the one button that says yes, or no."""
    answer = unit.world.vocabulary.answer(said)
    if answer is None:
        return None
    return _only([d for label, d in shown if unit.world.vocabulary.begins(label, answer)])


def _begun(said: str, shown: Shown) -> str | None:
    """The beginning of one label."""
    if len(said) < SHORTEST_BEGINNING:
        return None
    return _only([data for label, data in shown if f"{label} ".startswith(f"{said} ")])


def _only(found: list[str]) -> str | None:
    """What was found, if it is the same thing everywhere."""
    return found[0] if len(set(found)) == 1 else None
