"""Where something is: the steps of a form that ask for it, and the place that the answers make."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from services.forms import Answers, Choice, Kind, Step, rt_choices

RT_IN_WORDS = re.compile(r"\brt[\s.:]*0*(\d{1,3})\b", re.IGNORECASE)


def place_steps(rts: tuple[str, ...]) -> tuple[Step, ...]:
    """Where it is: a point, an RT with a landmark, or words; then the RT that the words lack."""
    numbers = rt_choices(rts)
    no_rt = Choice("none", "form.choice.no_rt")
    return (
        Step(
            "place",
            frozenset({Kind.LOCATION, Kind.CHOICE, Kind.TEXT}),
            numbers,
            columns=4,
            shortest=3,
        ),
        Step("landmark", frozenset({Kind.TEXT}), when=_needs_landmark, shortest=3),
        Step(
            "rt",
            frozenset({Kind.CHOICE}),
            (*numbers, no_rt),
            when=lambda answers: _needs_rt(answers, rts),
            columns=4,
        ),
    )


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
class Place:
    """Where something is."""

    rt: str | None
    point: tuple[float, float] | None  # latitude, longitude in degrees
    landmark: str | None


def read_place(answers: Answers, rts: tuple[str, ...]) -> Place:
    """Read the answers to `place_steps`; those to questions that no longer apply are left out."""
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
    return Place(
        rt=None if rt == "none" else rt,
        point=(point[0], point[1]) if point else None,
        landmark=words,
    )


def write_place(place: Place) -> dict[str, dict[str, Any]]:
    """Answers that `read_place` reads as this place."""
    point = {"location": list(place.point)} if place.point else {}
    if place.rt is None and place.landmark:
        return {"place": {**point, "text": place.landmark}, "rt": {"choice": "none"}}
    if place.rt is None:
        return {"place": dict(point)}
    landmark = {"landmark": {"text": place.landmark}} if place.landmark else {}
    return {"place": {**point, "choice": place.rt}, **landmark}
