"""What makes an aspiration hard to follow up, told before it is sent: hints, never an obstacle."""

from __future__ import annotations

from content.kosakata import Vocabulary
from services.aspiration_form import Aspiration

MOST = 2  # hints at a time: more would not be read
TELLING_WORDS = 2  # a wish has a thing and something about it: "lampu jalan", "parit mampet"


def hints(own: Aspiration, words: Vocabulary, *, asked: bool = False) -> tuple[str, ...]:
    """Phrases of what staff would ask about, the most important first.

    `asked`: the person was asked for the details, and did not know them.
    """
    found = []
    if _is_nowhere(own, words):
        found.append("coach.place")
    if _is_general(own, words):
        found.append("coach.general")
    if not (asked or own.households or own.amount or own.photos):
        found.append("coach.details")
    return tuple(found[:MOST])


def _is_nowhere(own: Aspiration, words: Vocabulary) -> bool:
    """Neither a point nor words that one could walk to; an RT alone is as large as a quarter."""
    return own.point is None and words.names_no_place(own.landmark or "")


def _is_general(own: Aspiration, words: Vocabulary) -> bool:
    """Written in few or only general words; what was spoken cannot be judged."""
    if own.voices:
        return False
    said = words.telling(f"{own.description or ''} {own.problem or ''}")
    return len(said.split()) < TELLING_WORDS
