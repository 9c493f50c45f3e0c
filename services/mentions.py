"""What free words name on the way: an RT, a kind of fault, since when, a ticket number."""

from __future__ import annotations

import re
from dataclasses import dataclass

from content.kosakata import Vocabulary
from services.places import rt_in

NUMBER = re.compile(r"\b(DRN|ASP|PSN)[\s.-]*(?:(20\d\d)[\s.-]+)?(\d{1,6})\b", re.IGNORECASE)
DIGITS = 4  # of a ticket number at least


@dataclass(frozen=True)
class Mentions:
    """What was found; None where nothing was."""

    rt: str | None
    kind: str | None  # of a complaint, see services/complaint_form.py
    since: str | None
    place: str | None  # in the words that were used


def of(text: str, vocabulary: Vocabulary, rts: tuple[str, ...]) -> Mentions:
    """Look for what a text names; `rts` are the RT numbers that exist."""
    return Mentions(
        rt=rt_in(" ".join(vocabulary.standard(text)), rts),
        kind=vocabulary.named("jenis", text),
        since=vocabulary.named("sejak", text),
        place=vocabulary.place_in(text),
    )


def number_in(text: str, year: int) -> str | None:
    """The ticket number that a text names, as it is written: "drn 12" is DRN-2026-0012.

    `year` is meant where none is said.
    """
    found = NUMBER.search(text)
    if found is None:
        return None
    return f"{found[1].upper()}-{found[2] or year}-{found[3].zfill(DIGITS)}"
