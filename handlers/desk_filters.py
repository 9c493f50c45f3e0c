"""Narrowing a list of the desk: by type, kind of complaint, RT, who handles it, all piles."""

from __future__ import annotations

from collections.abc import Callable

from telegram import Update

from handlers import desk
from handlers.buttons import in_rows
from handlers.desk_view import ALL, EVERYTHING, View, view_in
from handlers.routes import tap
from handlers.unit import Unit
from services import desk as rules
from services.complaint_form import KINDS
from services.roles import Permission

RT_COLUMNS, COLUMNS = 4, 2


def _on_view(screen: Callable[[Unit, View], None]) -> Callable[[Unit, Update], None]:
    """A screen about the list that the tapped button names."""

    def shown(unit: Unit, update: Update) -> None:
        view = view_in(unit, unit.values)
        if view is None:
            return unit.notice("form.old_button")
        screen(unit, view)

    return shown


def filters(unit: Unit, view: View) -> None:
    """Saring: each tap narrows the list by one thing, and leads to it."""
    first = view._replace(page=0)
    known = (ALL, *rules.types_of(unit.actor))
    types = [first._replace(type=t, kind=ALL).button(f"desk.button.type.{t}") for t in known]
    rows = in_rows(types, COLUMNS)
    more = [first.button("desk.button.kind", "desk:kinds:")]
    if len(_choosable(unit)) > 1:
        more.append(first.button("desk.button.rt", "desk:rts:"))
    rows.append(more)
    if unit.actor.may(Permission.HANDLE_TICKETS):
        mine = "desk.button.anybodys" if view.mine else "desk.button.mine"
        rows.append([first._replace(mine=not view.mine).button(mine)])
    every = f"desk.button.group.{EVERYTHING}"
    rows.append([first._replace(group=EVERYTHING).button(every)])
    rows.append([view.button("desk.button.list")])
    head = unit.phrases.html(
        "desk.filters",
        group=unit.phrases.plain(f"desk.group.{view.group}"),
        type=desk.what_of(unit, view),
        rt=desk.rt_name(unit, view),
    )
    unit.say("\n".join([head, *desk.narrowed(unit, view)]), rows, in_place=True)


def kinds(unit: Unit, view: View) -> None:
    """Which kind of complaint?"""
    first = view._replace(page=0, type=ALL)
    buttons = [first._replace(kind=kind).button(f"complaint.kind.choice.{kind}") for kind in KINDS]
    rows = [[first._replace(kind=ALL).button("desk.button.all_kinds")]]
    unit.show("desk.kind_question", [*rows, *in_rows(buttons, COLUMNS)])


def rts(unit: Unit, view: View) -> None:
    """Which RT?"""
    first = view._replace(page=0)
    buttons = [
        first._replace(rt=rt).button("form.choice.rt", number=rt) for rt in _choosable(unit)
    ]
    rows = in_rows(buttons, RT_COLUMNS)
    unit.show("desk.rt_question", [[first._replace(rt=ALL).button("desk.button.all_rts")], *rows])


def _choosable(unit: Unit) -> tuple[str, ...]:
    """The RTs that the list can be narrowed to."""
    return unit.settings.rt_numbers if unit.actor.scope is None else unit.actor.scope


ROUTES = (
    tap("desk:filters", _on_view(filters), needs=Permission.SEE_TICKETS),
    tap("desk:kinds", _on_view(kinds), needs=Permission.SEE_TICKETS),
    tap("desk:rts", _on_view(rts), needs=Permission.SEE_TICKETS),
)
