"""The questions of an aspiration, the aspiration that the answers make, and the way back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from services import assisted_form
from services.amounts import Amount, amount_in, count_in
from services.forms import Answers, Choice, Form, Kind, Step, photo_of
from services.places import Place, place_steps, read_place, write_place
from storage import Row

PILLARS = ("bersih", "aman", "pintar", "other")
FIELDS = (
    "road", "drain", "lamp", "rubbish", "safety", "education", "health", "economy", "green",
    "other",
)  # fmt: skip
CONTRIBUTIONS = ("labour", "tools", "material", "food", "ideas", "place")
MAX_PHOTOS = 5
LONGEST_PROBLEM = 500  # characters


def form(rts: tuple[str, ...], *, assisted: bool = False) -> Form:
    """What, where, done; the rest makes it stronger. `rts` are the RT numbers to choose from.

    `assisted`: it is filled in for somebody without Telegram, who is asked first.
    """
    return Form(
        name="aspiration",
        story="description",
        steps=(
            *(assisted_form.steps() if assisted else ()),
            Step("description", frozenset({Kind.TEXT, Kind.VOICE}), shortest=3),
            *place_steps(rts),
            *_details(),
        ),
    )


def _details() -> tuple[Step, ...]:
    """What waits behind "Tambah rincian"."""
    text, choice = frozenset({Kind.TEXT}), frozenset({Kind.CHOICE})
    detail: dict[str, Any] = {"optional": True, "detail": True}
    return (
        Step("problem", text, shortest=3, longest=LONGEST_PROBLEM, **detail),
        Step("pillar", choice, _choices("pillar", PILLARS), columns=2, **detail),
        Step("field", choice, _choices("field", FIELDS), columns=2, **detail),
        Step("households", text, check=_no_count, **detail),
        Step(
            "contributions",
            frozenset({Kind.CHOICES}),
            _choices("contributions", CONTRIBUTIONS),
            columns=2,
            **detail,
        ),
        Step("volume", text, check=_no_amount, **detail),
        Step("photos", frozenset({Kind.PHOTO}), most=MAX_PHOTOS, **detail),
    )


def _choices(step: str, values: tuple[str, ...]) -> tuple[Choice, ...]:
    return tuple(Choice(value, f"aspiration.{step}.choice.{value}") for value in values)


def _no_count(text: str) -> str | None:
    return None if count_in(text) else "aspiration.no_count"


def _no_amount(text: str) -> str | None:
    return None if amount_in(text) else "aspiration.no_amount"


@dataclass(frozen=True)
class Aspiration:
    """An aspiration as it was answered, ready to be filed."""

    rt: str | None
    point: tuple[float, float] | None  # latitude, longitude in degrees
    landmark: str | None
    description: str | None
    voices: tuple[str, ...]
    photos: tuple[str, ...] = ()
    problem: str | None = None
    pillar: str | None = None
    field: str | None = None
    households: int | None = None
    contributions: tuple[str, ...] = ()
    amount: Amount | None = None
    hide_name: bool = False  # RT heads see no name on an aspiration anyway

    @classmethod
    def from_answers(cls, answers: Answers, rts: tuple[str, ...]) -> Aspiration:
        """Read the answers of the form."""
        place = read_place(answers, rts)

        def said(step: str, kind: str) -> Any:
            return answers.get(step, {}).get(kind)

        return cls(
            rt=place.rt,
            point=place.point,
            landmark=place.landmark,
            description=said("description", "text"),
            voices=tuple(said("description", "voices") or ()),
            photos=tuple(said("photos", "photos") or ()),
            problem=said("problem", "text"),
            pillar=said("pillar", "choice"),
            field=said("field", "choice"),
            households=count_in(said("households", "text") or ""),
            contributions=tuple(said("contributions", "choices") or ()),
            amount=amount_in(said("volume", "text") or ""),
        )


def answers_of(row: Row[Any], media: Sequence[Row[Any]]) -> dict[str, dict[str, Any]]:
    """The answers that make a filed aspiration: what its author sees when he changes it.

    `media` are its photos and voice notes.
    """
    point = (row.latitude, row.longitude) if row.latitude is not None else None
    voices = [medium.file_id for medium in media if medium.kind == "voice"]
    photos = [photo_of(m.kind, m.file_id) for m in media if m.kind != "voice"]
    amount = str(Amount(row.volume, row.unit)) if row.volume else None
    found: dict[str, dict[str, Any]] = {
        "description": {"text": row.description, "voices": voices},
        **write_place(Place(row.rt, point, row.landmark)),
        "problem": {"text": row.problem},
        "pillar": {"choice": row.pillar},
        "field": {"choice": row.field},
        "households": {"text": str(row.households) if row.households else None},
        "contributions": {"choices": row.contributions},
        "volume": {"text": amount},
        "photos": {"photos": photos},
    }
    given = {step: {kind: v for kind, v in said.items() if v} for step, said in found.items()}
    return {step: said for step, said in given.items() if said}
