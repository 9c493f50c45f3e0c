"""The desk of staff: new and open tickets by type and RT, and one ticket with all that it holds.

The buttons of a list, and those that open a ticket from it, carry `group:type:rt:page`; "x" stands
for all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from telegram import Update

from content.phrases import Html, shortened
from handlers import forms, ticket_lines, ticket_view
from handlers.buttons import in_rows, turning
from handlers.routes import command, tap
from handlers.taps import number_in, page_in
from handlers.unit import Button, Unit
from services import desk as rules
from services.correspondence import for_others
from services.roles import Permission, Role
from services.tickets import MESSAGE, NEW_STATES, OPEN_STATES
from storage import Row
from storage import tickets as stored
from storage.tickets import Pile

PAGE = 6  # tickets in one message
QUESTIONS = ("reason", "forward", "answer", "write", "outside")  # forms about one ticket
EVENTS = 6  # newest lines of the history on a card
EVENT_WORDS = 160  # UTF-16 units of each: the whole fits one message
LINE_WORDS = 60  # of the title in a list
RT_COLUMNS = 4
ALL = "x"
PILES = {
    "new": Pile(NEW_STATES),
    "open": Pile(OPEN_STATES),
    "closed": Pile(without=OPEN_STATES),
}


class View(NamedTuple):
    """Which list is looked at."""

    group: str = "new"
    type: str = ALL
    rt: str = ALL
    page: int = 0

    def button(self, label: str, **values: Any) -> Button:
        """A button that opens this list."""
        return Button(label, f"desk:list:{self.path}", values)

    def ticket_button(self, label: str, ticket_id: int, **values: Any) -> Button:
        """A button that opens a ticket, and remembers this list."""
        return Button(label, f"desk:open:{ticket_id}:{self.path}", values)

    @property
    def path(self) -> str:
        """As a button carries it."""
        return f"{self.group}:{self.type}:{self.rt}:{self.page}"


def open_desk(unit: Unit, update: Update) -> None:
    """/staf: what is new."""
    show(unit, View())
    forms.offer_resume(unit)


def on_list(unit: Unit, update: Update) -> None:
    """Another list, or another page of it."""
    view = _view(unit, unit.values)
    if view is None:
        return unit.notice("form.old_button")
    show(unit, view)


def _view(unit: Unit, values: Sequence[str]) -> View | None:
    """The list that a button names; None if it is no button of ours."""
    group, type_, rt, page = [*values, "", "", "", ""][:4]
    types = (*rules.types_of(unit.actor), ALL)
    known = group in PILES and type_ in types and rt in (*unit.settings.rt_numbers, ALL)
    return View(group, type_, rt, page_in(page)) if known else None


def show(unit: Unit, view: View) -> None:
    """The list: one line and one button a ticket, then the filters."""
    rts = _rts(unit, view)
    pile = PILES[view.group]
    types = rules.types_of(unit.actor) if view.type == ALL else (view.type,)
    count = stored.count_at_desk(unit.db, pile, types=types, rts=rts)
    offset = view.page * PAGE
    found = stored.at_desk(unit.db, pile, types=types, rts=rts, limit=PAGE, offset=offset)
    key = "desk.list" if found else "desk.empty"
    head = unit.phrases.html(
        key,
        group=unit.phrases.plain(f"desk.group.{view.group}"),
        type=unit.phrases.plain(f"desk.type.{view.type}"),
        rt=_rt_name(unit, view),
        count=count,
    )
    lines = [_line(unit, row) for row in found]
    unit.say("\n".join([head, *lines]), _list_buttons(unit, view, found, count), in_place=True)


def _rts(unit: Unit, view: View) -> tuple[str, ...] | None:
    """The RTs of the list: those chosen, within those of an RT head."""
    if view.rt != ALL:
        chosen = (view.rt,)
        return chosen if unit.actor.scope is None or view.rt in unit.actor.scope else ()
    return unit.actor.scope


def _rt_name(unit: Unit, view: View) -> str:
    if view.rt != ALL:
        return unit.phrases.plain("form.choice.rt", number=view.rt)
    if unit.actor.scope is not None:
        return unit.phrases.plain("form.choice.rt", number=", ".join(unit.actor.scope))
    return unit.phrases.plain("desk.all_rts")


def _line(unit: Unit, row: Row[Any]) -> Html:
    title = shortened(ticket_view.title_of(unit, row), LINE_WORDS)
    if row.type == MESSAGE:  # messages have no place to tell them apart
        title = ticket_view.words_of(unit, row, LINE_WORDS)
    return unit.phrases.html(
        "desk.line", number=row.number, title=title, when=unit.day(row.created_at)
    )


def _list_buttons(unit: Unit, view: View, found: list[Row[Any]], count: int) -> list[list[Button]]:
    rows = [[_ticket_button(unit, view, row)] for row in found]
    turn = turning(
        view.page,
        (view.page + 1) * PAGE < count,
        lambda page: f"desk:list:{view._replace(page=page).path}",
    )
    first = view._replace(page=0)
    groups = [first._replace(group=g).button(f"desk.button.group.{g}") for g in PILES]
    known = (ALL, *rules.types_of(unit.actor))
    types = [first._replace(type=t).button(f"desk.button.type.{t}") for t in known]
    rows += [*turn, groups, types]
    if len(_choosable(unit)) > 1:
        choose = Button("desk.button.rt", f"desk:rts:{view.group}:{view.type}:{view.rt}:0")
        rows.append([choose])
    if unit.actor.may(Permission.HANDLE_TICKETS):
        rows.append([Button("desk.button.questions", "question:list")])
    return rows


def _ticket_button(unit: Unit, view: View, row: Row[Any]) -> Button:
    state = unit.phrases.plain(f"short.state.{row.state}")
    return view.ticket_button("report.button.line", row.id, number=row.number, state=state)


def _choosable(unit: Unit) -> tuple[str, ...]:
    """The RTs that the list can be narrowed to."""
    return unit.settings.rt_numbers if unit.actor.scope is None else unit.actor.scope


def on_rts(unit: Unit, update: Update) -> None:
    """Which RT?"""
    view = _view(unit, unit.values)
    if view is None:
        return unit.notice("form.old_button")
    buttons = [view._replace(rt=rt).button("form.choice.rt", number=rt) for rt in _choosable(unit)]
    rows = in_rows(buttons, RT_COLUMNS)
    unit.show("desk.rt_question", [[view._replace(rt=ALL).button("desk.button.all_rts")], *rows])


def ticket_of(unit: Unit) -> Row[Any] | None:
    """The ticket that the tapped button names, if the actor may see it; else said so."""
    number = number_in(unit.values[0]) if unit.values else None
    row = rules.at_desk(unit.db, unit.actor, number) if number is not None else None
    if row is None:
        unit.notice("desk.gone", alert=True)
    return row


def on_open(unit: Unit, update: Update) -> None:
    """One ticket; a question about another one that has no answer yet is let go."""
    row = ticket_of(unit)
    if row is not None:
        if unit.draft is not None and unit.draft.form in QUESTIONS and not unit.draft.answers:
            unit.drop_draft()
        show_ticket(unit, row)


def show_ticket(unit: Unit, row: Row[Any]) -> None:
    """The card with its history, and what the actor may do about it."""
    unit.shown.clear()
    html = ticket_view.card(unit, row, for_rt_head=unit.actor.role is Role.RT_HEAD)
    told = stored.events(unit.db, row.id)
    if not unit.actor.may(Permission.HANDLE_TICKETS):
        told = for_others(told)
    events = [_event_line(unit, row, event) for event in told[-EVENTS:]]
    events += ticket_view.followers(unit, row)
    unit.say("\n".join([html, "", *events]), _ticket_buttons(unit, row), in_place=True)


def _event_line(unit: Unit, row: Row[Any], event: Row[Any]) -> Html:
    words = shortened(event.text or "", EVENT_WORDS)
    if words:
        unit.shows(event.resident_id)
    suffix = unit.phrases.html("report.event.words", words=words) if words else Html("")
    when = unit.moment(event.at)
    if event.kind == "moved":
        state = ticket_view.state_of(unit, row, event.state)
        return unit.phrases.html("report.event.moved", when=when, state=state, words=suffix)
    return unit.phrases.html(f"desk.event.{event.kind}", when=when, words=suffix)


def _ticket_buttons(unit: Unit, row: Row[Any]) -> list[list[Button]]:
    rows = []
    if any(ticket_view.files_for_staff(unit, row)):
        rows.append([Button("report.button.photos", f"desk:photos:{row.id}")])
    moves = [
        Button(
            ticket_lines.key_of(row, f"button.move.{state}", "desk"),
            f"desk:move:{row.id}:{row.version}:{state}",
        )
        for state in rules.moves_of(unit.actor, row)
    ]
    rows += in_rows(moves, 2) + ticket_lines.desk_buttons(unit, row)
    if unit.actor.may(Permission.MODERATE):
        rows.append([Button("desk.button.moderate", f"desk:moderate:{row.id}")])
    return [*rows, [came_from(unit).button("desk.button.list")]]


def came_from(unit: Unit) -> View:
    """The list that the ticket was opened from: the tapped button, or one beside it, names it."""
    tapped = unit.tap
    below = [data for row in tapped.keyboard for data in row] if tapped else []
    names = [tapped.data, *below] if tapped else []
    opens = {tuple(name.split(":")[3:]) for name in names if name.startswith("desk:open:")} - {()}
    lists = {tuple(name.split(":")[2:]) for name in below if name.startswith("desk:list:")}
    paths = opens or lists
    return (_view(unit, *paths) if len(paths) == 1 else None) or View()


def on_photos(unit: Unit, update: Update) -> None:
    """The photos and voice notes of one ticket."""
    row = ticket_of(unit)
    if row is not None:
        ticket_view.show_files(unit, row, *ticket_view.files_for_staff(unit, row))


ROUTES = (
    command("staf", open_desk, needs=Permission.SEE_TICKETS, menu="menu.desk"),
    tap("desk:list", on_list, needs=Permission.SEE_TICKETS),
    tap("desk:rts", on_rts, needs=Permission.SEE_TICKETS),
    tap("desk:open", on_open, needs=Permission.SEE_TICKETS),
    tap("desk:photos", on_photos, needs=Permission.SEE_TICKETS),
)
