"""One of my reports: its timeline and photos, adding to it, withdrawing it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from telegram import Update

from content.phrases import Html, shortened
from handlers import (
    closing_view,
    consent,
    deadlines,
    desk,
    form_view,
    forms,
    proposals,
    ticket_lines,
    ticket_photos,
    ticket_view,
)
from handlers.routes import tap
from handlers.unit import Button, Unit
from services import tickets
from services.aspirations import may_edit
from services.correspondence import for_others
from services.forms import Input, Progress
from services.roles import Permission
from services.tickets import OPEN_STATES, NotOpen, NotYours, State
from storage import Row
from storage import tickets as stored

SHOWS_WHY = timedelta(hours=1)  # after "belum" a photo is of what is still wrong
EVENTS = 8  # newest lines of a timeline
EVENT_WORDS = 200  # UTF-16 units of each, and
WORDS = 1400  # of the description: the whole fits one message


def _value(unit: Unit) -> str:
    """What the tapped button carries: a ticket number, or a page."""
    return unit.values[0] if unit.values else ""


def on_open(unit: Unit, update: Update) -> None:
    """One report."""
    open_(unit, _value(unit))


def mine(unit: Unit, number: str) -> Row[Any] | None:
    """The report of that number if it is the person's; else say so."""
    if unit.actor.resident is None and unit.tap is not None:  # a button of somebody else
        unit.notice("form.old_button")
        unit.reply("report.none")
        return None
    row = tickets.mine(unit.db, unit.actor, number) if unit.actor.resident else None
    if row is None:
        unit.show("report.not_yours", number=number[:20])
    return row


def open_(unit: Unit, number: str) -> None:
    """One report: what was said, its state, its timeline, what can be done."""
    if desk.shows(unit, number):  # staff type numbers of the desk anywhere
        return
    row = mine(unit, number)
    if row is None:
        return
    if proposals.is_anothers(unit, row):  # a supporter sees no more of it than everybody
        return proposals.show(unit, row.id)
    unit.shown.clear()
    answer = ticket_view.answer_of(unit, row)
    share = 1 if answer is None else 2  # an answer takes the room of half of the rest
    parts = [
        unit.phrases.html(
            "report.one",
            number=row.number,
            title=ticket_view.title_of(unit, row),
            words=ticket_view.words_of(unit, row, WORDS // share),
            state=ticket_view.state_of(unit, row),
        ),
        *deadlines.target(unit, row),
        Html("\n".join(_line(unit, row, event) for event in _newest(unit, row, EVENTS // share))),
    ]
    details = ticket_lines.details(unit, row, WORDS) + ticket_lines.forwarded(unit, row)
    if details:
        parts.insert(1, Html("\n".join(details)))
    me = unit.actor.resident
    if me is not None and row.reporter_id == me.id:
        parts += ticket_lines.helped(unit, row, with_name=True)
    if answer is not None:
        parts.append(answer)
    closed = closing_view.lines(unit, row)
    if closed:
        parts.append(Html("\n".join(closed)))
    parts += ticket_view.followers(unit, row)
    unit.say("\n\n".join(parts), _buttons(unit, row), in_place=True)


def _newest(unit: Unit, row: Row[Any], count: int) -> list[Row[Any]]:
    """The end of the timeline; what staff and the reporter write to each other is theirs."""
    me, events = unit.actor.resident, stored.events(unit.db, row.id)
    if me is None or row.reporter_id != me.id:
        events = for_others(events)
    return events[-count:]


def _line(unit: Unit, row: Row[Any], event: Row[Any]) -> Html:
    """A line of the timeline; who it was is told as "you" or "a neighbour", never by name."""
    assert unit.actor.resident is not None
    words = shortened(event.text or "", EVENT_WORDS)
    if words:
        unit.shows(event.resident_id)
    suffix = unit.phrases.html("report.event.words", words=words) if words else Html("")
    when = unit.moment(event.at)
    if event.kind == "moved":
        state = ticket_view.state_of(unit, row, event.state)
        return unit.phrases.html("report.event.moved", when=when, state=state, words=suffix)
    if event.staff_id is not None:
        return unit.phrases.html(f"report.event.{event.kind}.staff", when=when, words=suffix)
    who = "self" if event.resident_id == unit.actor.resident.id else "other"
    return unit.phrases.html(f"report.event.{event.kind}.{who}", when=when, words=suffix)


def _buttons(unit: Unit, row: Row[Any]) -> list[list[Button]]:
    assert unit.actor.resident is not None
    rows = []
    if any(ticket_photos.files_for_resident(unit, row)):
        rows.append([Button("report.button.photos", f"report:photos:{row.number}")])
    if may_edit(unit.actor, row):
        rows.append([Button("aspiration.button.edit", f"aspiration:edit:{row.number}")])
    if tickets.takes_more(row):
        rows.append([ticket_view.add_button(row)])
    rows += deadlines.ask_buttons(unit, row)
    if row.state in OPEN_STATES and row.reporter_id == unit.actor.resident.id:
        rows.append([Button("report.button.withdraw", f"report:withdraw:{row.number}")])
    if row.state == State.DONE and row.type != tickets.MESSAGE:
        rows.append(
            [Button("report.button.fixed", f"report:fixed:{row.number}"),
             Button("report.button.not_fixed", f"report:unfixed:{row.number}")]
        )  # fmt: skip
    rows.append([Button("report.button.list", "report:page:0")])
    return rows


def photos(unit: Unit, update: Update) -> None:
    """The photos and voice notes of one report."""
    row = mine(unit, _value(unit))
    if row is not None and not proposals.is_anothers(unit, row):
        ticket_photos.show_files(unit, row, *ticket_photos.files_for_resident(unit, row))


def add(unit: Unit, update: Update) -> None:
    """Open the form that adds words or photos."""
    row = mine(unit, _value(unit))
    if row is None:
        return
    if not tickets.takes_more(row):
        return unit.show("report.closed", number=row.number)
    unit.detach()
    forms.open_form(unit, "addition", subject=row.number)


def continue_waiting(unit: Unit, given: Input) -> bool:
    """Words or a photo while a ticket of the person waits for them: an addition to that ticket.

    False if none waits. It is shown once more before it is sent, with the ticket's number.
    """
    resident = unit.actor.resident
    if resident is None or not (given.text or given.photo or given.voice):
        return False
    number = stored.waiting_for(unit.db, resident.id, State.NEEDS_DATA)
    if number is None and not given.text:  # a photo just after "belum"
        number = stored.opened_again(unit.db, resident.id, since=unit.now - SHOWS_WHY)
    if number is None:
        return False
    unit.reply("addition.continues", number=number)
    forms.open_with(unit, "addition", given, subject=number)
    return True


def submit_addition(unit: Unit, progress: Progress) -> None:
    """Kirim in the form that adds: keep it and tell staff."""
    words = progress.answers.get("words", {})
    pictures = tuple(progress.answers.get("photos", {}).get("photos", ()))
    if not words and not pictures:
        return say_empty(unit)
    if consent.is_missing(unit, progress):
        return
    keep_addition(unit, progress.subject or "", words, pictures)


def keep_addition(
    unit: Unit, number: str, words: dict[str, Any], pictures: tuple[str, ...]
) -> None:
    """Keep what was added in the form that is open, close it, and tell staff."""
    try:
        row = tickets.add_to(
            unit.db,
            unit.actor,
            number,
            words=words.get("text"),
            voices=tuple(words.get("voices", ())),
            photos=pictures,
            now=unit.now,
        )
    except (NotYours, NotOpen):
        unit.drop_draft()
        said = shortened(words.get("text", ""), WORDS)
        return unit.show("addition.too_late", number=number, words=said)
    unit.drop_draft()
    row = deadlines.settled(unit, row)
    look = ticket_view.open_button(number)
    unit.show("addition.done", [[look]], number=number)
    again = row.type == tickets.MESSAGE and row.state == State.REOPENED
    card = "card.asked_again" if again else "card.added"
    ticket_view.tell_staff(unit, card, row, words.get("text"), len(pictures))
    ticket_view.refresh_cards(unit, row)


def say_empty(unit: Unit) -> None:
    """Nothing was added: say so, and show the form again."""
    if unit.tap is not None and unit.tap.query_id is not None:
        return unit.notice("addition.empty", alert=True)
    unit.reply("addition.empty")
    form_view.ask(unit)


def ask_withdraw(unit: Unit, update: Update) -> None:
    """Ask once before a report is withdrawn."""
    row = mine(unit, _value(unit))
    if row is None:
        return
    unit.show(
        "report.withdraw_question",
        [[Button("report.button.keep", f"report:open:{row.number}")],
         [Button("report.button.withdraw_yes", f"report:withdrawn:{row.number}")]],
        number=row.number,
    )  # fmt: skip


def withdraw(unit: Unit, update: Update) -> None:
    """Withdraw one's own report; those who joined hear it."""
    number = _value(unit)
    if mine(unit, number) is None:
        return
    try:
        row = tickets.withdraw(unit.db, unit.actor, number, unit.now)
    except (NotYours, NotOpen):
        return unit.show("report.closed", number=number)
    unit.show("report.withdrawn", number=row.number)
    for person in ticket_view.hearing(unit, row):
        if person.id != row.reporter_id:
            unit.notify(person.telegram_id, "report.withdrawn_by_other", number=row.number)
    ticket_view.refresh_cards(unit, row)


ROUTES = (
    tap("report:open", on_open, needs=Permission.READ),
    tap("report:photos", photos, needs=Permission.READ),
    tap("report:add", add, needs=Permission.USE),
    tap("report:withdraw", ask_withdraw, needs=Permission.USE),
    tap("report:withdrawn", withdraw, needs=Permission.USE),
)
