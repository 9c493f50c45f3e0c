"""What an aspiration says beyond its words."""

from __future__ import annotations

from typing import Any

from content.phrases import Html, shortened
from handlers.unit import Unit
from services.amounts import Amount
from storage import Row


def details(unit: Unit, row: Row[Any], most: int) -> list[Html]:
    """What an aspiration says beyond its words, one line each; `most` of the problem."""
    answers = {
        "problem": shortened(row.problem or "", most),
        "pillar": _label(unit, "pillar", row.pillar),
        "field": _label(unit, "field", row.field),
        "households": str(row.households or ""),
        "volume": str(Amount(row.volume, row.unit)) if row.volume else "",
        "contributions": ", ".join(
            _label(unit, "contributions", value) for value in row.contributions or ()
        ),
    }
    return [
        unit.phrases.html(
            "form.summary_line",
            label=unit.phrases.plain(f"aspiration.{step}.short"),
            answer=answer,
        )
        for step, answer in answers.items()
        if answer
    ]


def _label(unit: Unit, step: str, value: str | None) -> str:
    return unit.phrases.plain(f"aspiration.{step}.choice.{value}") if value else ""
