"""The desk of staff: new and open tickets by type and RT, and one ticket with all that it holds.

handlers/desk_view.py says how the buttons carry which list is looked at.
"""

from __future__ import annotations

from typing import Any

from telegram import Update

from content.phrases import Html, shortened
from handlers import conversion_view, deadlines, forms, ticket_lines, ticket_photos, ticket_view
from handlers.buttons import in_rows, turning
from handlers.desk_view import ALL, EVERYTHING, FILTERS, LATE, PILES, View, came_from, view_in
from handlers.routes import command, tap
from handlers.taps import number_in
from handlers.unit import Button, Unit
from services import assignments
from services import desk as rules
from services.correspondence import for_others
from services.recurring import Recurring
from services.roles import Permission, Role
from services.tickets import MESSAGE
from storage import Row
from storage import desk as lists
from storage import tickets as stored

PAGE = 6  # tickets in one message
GROUPS = tuple(group for group in PILES if group != EVERYTHING)  # buttons below every list
# forms that ask why a ticket is moved, or for what to look
QUESTIONS = ("reason", "forward", "answer", "write", "outside", "search", "proof")
EVENTS = 6  # newest lines of the history on a card
EVENT_WORDS = 160  # UTF-16 units of each: the whole fits one message
LINE_WORDS = 60  # of the title in a list
LINE_NAME = 20  # of who handles it


def open_desk(unit: Unit, update: Update) -> None:
    """/staf: what is new."""
    let_go(unit)
    show(unit, View())
    forms.offer_resume(unit)


def on_list(unit: Unit, update: Update) -> None:
    """Another list, or another page of it."""
    view = view_in(unit, unit.values)
    if view is None:
        return unit.notice("form.old_button")
    let_go(unit)
    show(unit, view)


def let_go(unit: Unit) -> None:
    """A question of the desk that has no answer yet is not waited for any more."""
    if unit.draft is not None and unit.draft.form in QUESTIONS and not unit.draft.answers:
        unit.drop_draft()


def show(unit: Unit, view: View) -> None:
    """The list: one line and one button a ticket, then the ways to others."""
    rts = _rts(unit, view)
    pile, wanted = PILES[view.group], view.filter(unit.actor.telegram_id)
    if view.group == LATE:
        pile = pile._replace(late_at=unit.now)
    types = rules.types_of(unit.actor) if view.type == ALL else (view.type,)
    count = lists.count_at_desk(unit.db, pile, types=types, rts=rts, wanted=wanted)
    view = view._replace(page=min(view.page, max(count - 1, 0) // PAGE))  # it may have shrunk
    found = lists.at_desk(
        unit.db, pile, types=types, rts=rts, wanted=wanted, limit=PAGE, offset=view.page * PAGE
    )
    key = "desk.list" if found else "desk.empty"
    head = unit.phrases.html(
        key,
        group=unit.phrases.plain(f"desk.group.{view.group}"),
        type=what_of(unit, view),
        rt=rt_name(unit, view),
        count=count,
    )
    lines = [_line(unit, row) for row in found]
    parts = [head, *narrowed(unit, view), *lines]
    unit.say("\n".join(parts), _list_buttons(unit, view, found, count), in_place=True)


def what_of(unit: Unit, view: View) -> str:
    """Tickets of which type, or complaints of which kind, a list shows."""
    if view.kind != ALL:
        return unit.phrases.plain(f"complaint.kind.choice.{view.kind}")
    return unit.phrases.plain(f"desk.type.{view.type}")


def narrowed(unit: Unit, view: View) -> list[Html]:
    """By what else a list is narrowed, in one line."""
    lines = [unit.phrases.html("desk.only_mine")] if view.mine else []
    if view.words:
        lines.append(unit.phrases.html("desk.only_words", words=view.words))
    return lines


def _rts(unit: Unit, view: View) -> tuple[str, ...] | None:
    """The RTs of the list: those chosen, within those of an RT head."""
    if view.rt != ALL:
        chosen = (view.rt,)
        return chosen if unit.actor.scope is None or view.rt in unit.actor.scope else ()
    return unit.actor.scope


def rt_name(unit: Unit, view: View) -> str:
    """Of which RTs a list shows tickets, in words."""
    if view.rt != ALL:
        return unit.phrases.plain("form.choice.rt", number=view.rt)
    if unit.actor.scope is not None:
        return unit.phrases.plain("form.choice.rt", number=", ".join(unit.actor.scope))
    return unit.phrases.plain("desk.all_rts")


def _line(unit: Unit, row: Row[Any]) -> Html:
    title = shortened(ticket_view.title_of(unit, row), LINE_WORDS)
    if row.type == MESSAGE:  # messages have no place to tell them apart
        title = ticket_view.words_of(unit, row, LINE_WORDS)
    line = unit.phrases.html(
        "desk.line", number=row.number, title=title, when=unit.day(row.created_at)
    )
    line = Html(line + deadlines.in_line(unit, row))
    if row.assignee_id is None:
        return line
    name = shortened(ticket_view.staff_name(unit, row.assignee_id), LINE_NAME)
    return unit.phrases.html("desk.line_taken", line=line, name=name)


def _list_buttons(unit: Unit, view: View, found: list[Row[Any]], count: int) -> list[list[Button]]:
    rows = [[ticket_button(unit, view, row)] for row in found]
    turn = turning(
        view.page,
        (view.page + 1) * PAGE < count,
        lambda page: f"desk:list:{view._replace(page=page).path}",
    )
    first = view._replace(page=0)
    groups = [first._replace(group=g).button(f"desk.button.group.{g}") for g in GROUPS]
    rows += [*turn, *in_rows(groups, 2)]
    rows.append(
        [first.button("desk.button.search", "desk:search:"),
         view.button("desk.button.filters", FILTERS)]
    )  # fmt: skip
    if view.is_narrowed:
        rows.append([View(view.group).button("desk.button.unfiltered")])
    if unit.actor.may(Permission.HANDLE_TICKETS):
        rows.append([Button("desk.button.questions", "question:list")])
    return rows


def ticket_button(unit: Unit, view: View, row: Row[Any]) -> Button:
    """A button that opens one ticket of a list."""
    state = unit.phrases.plain(f"short.state.{row.state}")
    return view.ticket_button("report.button.line", row.id, number=row.number, state=state)


def open_from_link(unit: Unit, ticket_id: str) -> None:
    """The ticket whose card in the group of staff was tapped."""
    number = number_in(ticket_id)
    row = rules.at_desk(unit.db, unit.actor, number) if number is not None else None
    if row is None:
        return unit.reply("desk.gone")
    let_go(unit)
    show_ticket(unit, row)


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
        let_go(unit)
        show_ticket(unit, row)


def shows(unit: Unit, number: str) -> bool:
    """Show the ticket of that number to staff; False where it is not for them, or their own."""
    if not unit.actor.may(Permission.SEE_TICKETS):
        return False
    known = stored.by_number(unit.db, number)
    me = unit.actor.resident
    if known is None or (me is not None and known.reporter_id == me.id):
        return False
    row = rules.at_desk(unit.db, unit.actor, known.id)
    if row is not None:
        unit.detach()
        show_ticket(unit, row)
    return row is not None


def show_ticket(unit: Unit, row: Row[Any]) -> None:
    """The card with its history, and what the actor may do about it."""
    unit.shown.clear()
    html = ticket_view.card(unit, row, for_rt_head=unit.actor.role is Role.RT_HEAD)
    events = events_for(unit, row)
    lines = [event_line(unit, row, event, EVENT_WORDS) for event in events[-EVENTS:]]
    lines += ticket_view.followers(unit, row)
    found = conversion_view.recurring_of(unit, row)
    lines += conversion_view.lines_of_ticket(unit, row, found)
    rows = _ticket_buttons(unit, row, len(events), found)
    parts = [html, *deadlines.late(unit, row), "", *lines]
    unit.say("\n".join(parts), rows, in_place=True)


def event_line(
    unit: Unit, row: Row[Any], event: Row[Any], most: int, *, by_whom: bool = False
) -> Html:
    """One line of the history; `most` of its words, and who of the staff did it if asked for."""
    words = shortened(event.text or "", most)
    if words:
        unit.shows(event.resident_id)
    suffix = unit.phrases.html("report.event.words", words=words) if words else Html("")
    if by_whom and event.staff_id is not None:
        name = ticket_view.staff_name(unit, event.staff_id)
        suffix = Html(unit.phrases.html("desk.event_by", name=name) + suffix)
    when = unit.moment(event.at)
    if event.kind == "moved":
        state = ticket_view.state_of(unit, row, event.state)
        return unit.phrases.html("report.event.moved", when=when, state=state, words=suffix)
    return unit.phrases.html(f"desk.event.{event.kind}", when=when, words=suffix)


def events_for(unit: Unit, row: Row[Any]) -> list[Row[Any]]:
    """The history as this actor may read it: letters are for the reporter and who handles it."""
    events = stored.events(unit.db, row.id)
    return events if unit.actor.may(Permission.HANDLE_TICKETS) else for_others(events)


def _ticket_buttons(
    unit: Unit, row: Row[Any], events: int, found: Recurring | None
) -> list[list[Button]]:
    looks = []
    if any(ticket_photos.files_for_staff(unit, row)):
        looks.append(Button("report.button.photos", f"desk:photos:{row.id}"))
    if row.latitude is not None:
        looks.append(Button("desk.button.map", f"desk:map:{row.id}"))
    if row.type != MESSAGE:
        looks.append(Button("desk.button.similar", f"desk:similar:{row.id}"))
    if events > EVENTS:
        looks.append(Button("desk.button.history", f"desk:history:{row.id}:0"))
    rows = in_rows(looks, 2)
    moves = [
        Button(
            ticket_lines.key_of(row, f"button.move.{state}", "desk"),
            f"desk:move:{row.id}:{row.version}:{state}",
        )
        for state in rules.moves_of(unit.actor, row)
    ]
    rows += [*in_rows(moves, 2), *ticket_lines.desk_buttons(unit, row), *_take_buttons(unit, row)]
    rows += conversion_view.buttons_of_ticket(unit, row, found)
    if unit.actor.may(Permission.MODERATE):
        rows.append([Button("desk.button.moderate", f"desk:moderate:{row.id}")])
    return [*rows, [came_from(unit).button("desk.button.list")]]


def _take_buttons(unit: Unit, row: Row[Any]) -> list[list[Button]]:
    """Take it into one's own hands, also out of those of a colleague, or give it back."""
    if not assignments.may_take(unit.actor, row):
        return []
    if row.assignee_id == unit.actor.telegram_id:
        return [[Button("desk.button.release", f"desk:release:{row.id}")]]
    label = "desk.button.take" if row.assignee_id is None else "desk.button.take_over"
    return [[Button(label, f"desk:take:{row.id}:{row.assignee_id or 0}")]]


def on_photos(unit: Unit, update: Update) -> None:
    """The photos and voice notes of one ticket."""
    row = ticket_of(unit)
    if row is not None:
        ticket_photos.show_files(unit, row, *ticket_photos.files_for_staff(unit, row))


ROUTES = (
    command("staf", open_desk, needs=Permission.SEE_TICKETS, menu="menu.desk"),
    tap("desk:list", on_list, needs=Permission.SEE_TICKETS),
    tap("desk:open", on_open, needs=Permission.SEE_TICKETS),
    tap("desk:photos", on_photos, needs=Permission.SEE_TICKETS),
)
