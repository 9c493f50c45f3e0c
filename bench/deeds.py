"""What staff and residents of the crash bench saw done beside reports and their own words."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Deeds:
    """What was confirmed; of those who deleted their data nothing is kept."""

    # staff: tickets by their id
    proofs: dict[str, int] = field(default_factory=dict)  # file of a photo → ticket it closed
    taken: Counter[tuple[int, int]] = field(default_factory=Counter)  # clerk, ticket
    released: Counter[tuple[int, int]] = field(default_factory=Counter)
    outside: dict[str, int] = field(default_factory=dict)  # number elsewhere → ticket
    letters: dict[str, int] = field(default_factory=dict)  # marker → ticket
    assisted: dict[str, str] = field(default_factory=dict)  # number → marker
    corrected: dict[str, str] = field(default_factory=dict)  # announcement → newest marker
    corrections: int = 0
    paused: dict[int, bool] = field(default_factory=dict)  # announcement, as said last
    turns: Counter[bool] = field(default_factory=Counter)  # paused, resumed
    planned: int = 0  # lessons
    # presence, at the one occurrence where there is a code
    hosted: int = 0
    codes: list[tuple[str, str]] = field(default_factory=list)  # payload, short code
    came: set[int] = field(default_factory=set)  # persons who were told so, by a code
    claims: set[int] = field(default_factory=set)  # persons who said so
    confirmed: set[int] = field(default_factory=set)  # residents, by the RT head
    declined: set[int] = field(default_factory=set)
    # residents: by person
    verdicts: dict[tuple[int, str], bool] = field(default_factory=dict)  # on a ticket, the last
    judged: int = 0
    replies: int = 0
    lacking_photos: dict[str, tuple[int, str]] = field(default_factory=dict)  # file → who, ticket
    # to an occurrence: kinds, and the marker of the words
    brought: dict[tuple[int, int], tuple[frozenset[str], str]] = field(default_factory=dict)
    # person, lesson, whether it was right: as told, so the first answer alone
    lesson_answers: list[tuple[int, int, bool]] = field(default_factory=list)
    notices: dict[tuple[int, str], bool] = field(default_factory=dict)  # kind → as set last

    def forget(self, person: int) -> None:
        """Somebody deleted his data: nothing that he was told binds any more."""
        self.came.discard(person)
        self.claims.discard(person)
        self.verdicts = {key: of for key, of in self.verdicts.items() if key[0] != person}
        self.brought = {key: of for key, of in self.brought.items() if key[0] != person}
        self.notices = {key: of for key, of in self.notices.items() if key[0] != person}
        self.lesson_answers = [one for one in self.lesson_answers if one[0] != person]
        self.lacking_photos = {f: of for f, of in self.lacking_photos.items() if of[0] != person}
