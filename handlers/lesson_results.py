"""How a lesson was answered, in words for staff: nothing that a few persons make up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from content.phrases import Html
from handlers.unit import Unit
from services import lessons
from services.lessons import FEW, Cell
from storage import Row
from storage.lessons import GIVEN


def in_short(unit: Unit, row: Row[Any]) -> Html:
    """All RTs together."""
    total = lessons.results(unit.db, unit.actor, row).total
    if total is None:
        return unit.phrases.html("lesson.result.few", few=FEW)
    return unit.phrases.html("lesson.result.total", right=total.right, answered=total.answered)


def detailed(unit: Unit, row: Row[Any]) -> list[Html]:
    """How many got it, and a line for each RT; those with few answers as one."""
    found = lessons.results(unit.db, unit.actor, row)
    lines = [_line(unit, _rt(unit, cell), cell) for cell in found.cells]
    lines += [
        unit.phrases.html("lesson.result.small", rt=_rt(unit, cell), few=FEW)
        for cell in found.small
    ]
    if found.rest is not None:
        lines.append(_line(unit, unit.phrases.plain("lesson.result.rest"), found.rest))
    if not lines:
        lines.append(unit.phrases.html("lesson.result.nobody"))
    total = found.total
    if total is not None:
        lines.append(_line(unit, unit.phrases.plain("lesson.result.all"), total))
    sent = unit.phrases.html("lesson.one.sent", count=row.recipients)
    return [sent, Html("\n".join(lines))]


def _rt(unit: Unit, cell: Cell) -> str:
    if cell.rt is None:
        return unit.phrases.plain("lesson.result.no_rt")
    return unit.phrases.plain("form.choice.rt", number=cell.rt)


def _line(unit: Unit, who: str, cell: Cell) -> Html:
    percent = round(cell.share * 100)
    return unit.phrases.html(
        "lesson.result.line", who=who, right=cell.right, answered=cell.answered, percent=percent
    )


def explain(unit: Unit, rows: Sequence[Row[Any]]) -> list[Html]:
    """The lesson among these whose page should be explained next: the fewest knew it."""
    given = [row for row in rows if row.state in GIVEN]
    found = lessons.to_explain([(row, lessons.results(unit.db, unit.actor, row)) for row in given])
    if found is None:
        return []
    row, cell = found
    lesson = unit.world.pages.current.lessons.get(row.slug)
    page = unit.world.pages.current.get(lesson.topic) if lesson is not None else None
    if page is None:
        return []
    return [
        Html(""),
        unit.phrases.html("lesson.explain", page=page.title, percent=round(cell.share * 100)),
    ]
