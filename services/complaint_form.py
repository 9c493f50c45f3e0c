"""The questions of a drainage complaint, and the complaint that the answers make."""

from __future__ import annotations

from dataclasses import dataclass

from services import assisted_form
from services.forms import Answers, Choice, Form, Kind, Step
from services.places import place_steps, read_place

KINDS = (
    "blocked", "flooding", "broken", "rubbish", "cover", "smell", "built_over", "other",
)  # fmt: skip
DEPTHS = ("ankle", "calf", "knee", "thigh", "above")
SINCE = ("today", "yesterday", "week", "month", "longer")
MAX_PHOTOS = 5


def form(rts: tuple[str, ...], *, assisted: bool = False) -> Form:
    """The complaint form; `rts` are the RT numbers that can be chosen.

    `assisted`: it is filled in for somebody without Telegram, who is asked first.
    """
    return Form(
        name="complaint",
        story="description",
        steps=(
            *(assisted_form.steps() if assisted else ()),
            Step("kind", frozenset({Kind.CHOICE}), _choices("kind", KINDS), columns=2),
            *place_steps(rts),
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
        """Read the answers of the form."""
        place = read_place(answers, rts)
        since = answers.get("since", {})
        return cls(
            kind=answers["kind"]["choice"],
            rt=place.rt,
            point=place.point,
            landmark=place.landmark,
            description=answers["description"].get("text"),
            voices=tuple(answers["description"].get("voices", ())),
            photos=tuple(answers.get("photos", {}).get("photos", ())),
            depth=answers.get("depth", {}).get("choice"),
            since=since.get("choice") or since.get("text"),
            hide_name=answers.get("hide_name", {}).get("choice") == "yes",
        )
