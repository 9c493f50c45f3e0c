"""What the people of the crash bench were told of their own words, and who deleted his data."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

DETAILS = (20, "bersih", "drain", 200.0, "meter")  # as answered whenever details are given


@dataclass
class Wish:
    """An aspiration as its author saw it saved last."""

    marker: str  # in its words
    problem: str | None  # marker in the details, if there are any


@dataclass
class Gone:
    """Somebody who deleted his data, as he was before."""

    person: int
    markers: frozenset[str]  # that stood in anything he wrote
    numbers: frozenset[str]  # of what he had sent


@dataclass
class Own:
    """What people saw confirmed; of those who deleted their data only `gone` speaks."""

    wishes: dict[str, Wish] = field(default_factory=dict)  # by number
    edits: Counter[str] = field(default_factory=Counter)  # by number
    messages: dict[str, str] = field(default_factory=dict)  # number → marker
    opened: int = 0  # forms that free words opened, and that were sent
    replies: dict[str, str] = field(default_factory=dict)  # marker of a clerk → number
    names: dict[int, str] = field(default_factory=dict)  # by person
    muted: dict[int, bool] = field(default_factory=dict)  # by person
    quiet: dict[int, list[list[datetime]]] = field(default_factory=dict)  # spans without news
    questions: set[tuple[int, str]] = field(default_factory=set)  # person, words
    asked: int = 0  # how often, repeats of the same person with them
    joined: int = 0  # similar ones that were supported instead of sending another
    gone: list[Gone] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)  # all that were ever told, one per act

    def was_quiet(self, person: int, at: str, seconds: float = 0.0) -> bool:
        """Whether somebody may have wanted no news at a moment, as the database writes it, or so
        many seconds after."""
        moment = datetime.fromisoformat(at).replace(tzinfo=UTC)
        return any(
            span[0] <= moment + timedelta(seconds=seconds) and (len(span) < 2 or moment <= span[1])
            for span in self.quiet.get(person, [])
        )
