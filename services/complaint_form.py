"""The questions of a drainage complaint, and the complaint that the answers make."""

from __future__ import annotations

import re
from dataclasses import dataclass

from services.forms import Answers, Choice, Form, Kind, Step

KINDS = (
    "blocked", "flooding", "broken", "rubbish", "cover", "smell", "built_over", "other",
)  # fmt: skip
DEPTHS = ("ankle", "calf", "knee", "thigh", "above")
SINCE = ("today", "yesterday", "week", "month", "longer")
MAX_PHOTOS = 5
RT_IN_WORDS = re.compile(r"\brt[\s.:]*0*(\d{1,3})\b", re.IGNORECASE)


def form(rts: tuple[str, ...]) -> Form:
    """The complaint form; `rts` are the RT numbers that can be chosen."""
    rt_choices = tuple(Choice(rt, "form.choice.rt", {"number": rt}) for rt in rts)
    no_rt = Choice("none", "form.choice.no_rt")
    return Form(
        name="complaint",
        story="description",
        steps=(
            Step("kind", frozenset({Kind.CHOICE}), _choices("kind", KINDS), columns=2),
            Step(
                "place",
                frozenset({Kind.LOCATION, Kind.CHOICE, Kind.TEXT}),
                rt_choices,
                columns=4,
                shortest=3,
            ),
            Step("landmark", frozenset({Kind.TEXT}), when=_needs_landmark, shortest=3),
            Step(
                "rt",
                frozenset({Kind.CHOICE}),
                (*rt_choices, no_rt),
                when=lambda answers: _needs_rt(answers, rts),
                columns=4,
            ),
            Step("description", frozenset({Kind.TEXT, Kind.VOICE}), shortest=3),
            Step("photos", frozenset({Kind.PHOTO}), optional=True, most=MAX_PHOTOS),
            *_details(),
        ),
    )


def _details() -> tuple[Step, ...]:
    """What waits behind "Tambah rincian"."""
    return (
        Step(
            "depth",
            frozenset({Kind.CHOICE}),
            _choices("depth", DEPTHS),
            optional=True,
            detail=True,
            columns=2,
        ),
        Step(
            "since",
            frozenset({Kind.CHOICE, Kind.TEXT}),
            _choices("since", SINCE),
            optional=True,
            detail=True,
            columns=2,
        ),
        Step(
            "hide_name",
            frozenset({Kind.CHOICE}),
            _choices("hide_name", ("yes", "no")),
            optional=True,
            detail=True,
            columns=2,
        ),
    )


def addition_form() -> Form:
    """The form that adds words, voice or photos to a complaint."""
    return Form(
        name="addition",
        story="words",
        steps=(
            Step("words", frozenset({Kind.TEXT, Kind.VOICE}), optional=True, shortest=3),
            Step("photos", frozenset({Kind.PHOTO}), optional=True, most=MAX_PHOTOS),
        ),
    )


def _choices(step: str, values: tuple[str, ...]) -> tuple[Choice, ...]:
    return tuple(Choice(value, f"complaint.{step}.choice.{value}") for value in values)


def _needs_landmark(answers: Answers) -> bool:
    """An RT alone does not say where: ask for something one can see there."""
    place = answers.get("place", {})
    return "choice" in place and ("location" not in place or "landmark" in answers)


def _needs_rt(answers: Answers, rts: tuple[str, ...]) -> bool:
    """Words for the place that name no RT."""
    words = answers.get("place", {}).get("text")
    return bool(rts) and words is not None and rt_in(words, rts) is None


def rt_in(words: str, rts: tuple[str, ...]) -> str | None:
    """The RT that words name ("rt5", "RT 05", "Rt.5"), if there is such an RT."""
    for match in RT_IN_WORDS.finditer(words):
        for rt in rts:
            if int(rt) == int(match[1]):
                return rt
    return None


@dataclass(frozen=True)
class Complaint:
    """A complaint as it was answered, ready to be filed."""

    kind: str
    rt: str | None
    point: tuple[float, float] | None  # latitude, longitude in degrees
    landmark: str | None
    description: str | None
    voices: tuple[str, ...]
    photos: tuple[str, ...]
    depth: str | None = None
    since: str | None = None
    hide_name: bool = False

    @classmethod
    def from_answers(cls, answers: Answers, rts: tuple[str, ...]) -> Complaint:
        """Read the answers of the form; those to questions that no longer apply are left out."""
        place = answers["place"]
        words = place.get("text")
        if _needs_landmark(answers):
            words = answers.get("landmark", {}).get("text")
        rt = place.get("choice")
        if _needs_rt(answers, rts):
            rt = answers.get("rt", {}).get("choice")
        if rt is None and words:
            rt = rt_in(words, rts)
        point = place.get("location")
        since = answers.get("since", {})
        return cls(
            kind=answers["kind"]["choice"],
            rt=None if rt == "none" else rt,
            point=(point[0], point[1]) if point else None,
            landmark=words,
            description=answers["description"].get("text"),
            voices=tuple(answers["description"].get("voices", ())),
            photos=tuple(answers.get("photos", {}).get("photos", ())),
            depth=answers.get("depth", {}).get("choice"),
            since=since.get("choice") or since.get("text"),
            hide_name=answers.get("hide_name", {}).get("choice") == "yes",
        )
