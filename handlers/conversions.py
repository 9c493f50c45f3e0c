"""A complaint becomes gotong royong: planned from its card, told to its people, closed by it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from telegram import Update

from content.phrases import shortened
from handlers import activities, deadlines, desk, forms, proof, ticket_view
from handlers.buttons import Buttons
from handlers.desk_view import came_from
from handlers.gotong_royong import buttons as answers
from handlers.gotong_royong import card
from handlers.routes import tap
from handlers.taps import number_in
from handlers.unit import Button, Unit
from handlers.world import FormPage
from services import activity_forms, attendance
from services import conversions as rules
from services import desk as desk_rules
from services import tickets as ticket_rules
from services.forms import Progress
from services.gotong_royong import Unknown
from services.recurrence import ONCE
from services.roles import NotAllowed, Permission
from services.tickets import NotOpen
from storage import Row, gotong_royong
from storage.gotong_royong import COMING
from storage.residents import Notice, Resident

CHOICES = 6  # activities to choose from
BACK = "desk.button.back"


def _ticket(unit: Unit) -> Row[Any] | None:
    """The ticket that the button names, if gotong royong can be called for; else said so."""
    row = desk.ticket_of(unit)
    if row is not None and not rules.may_invite(unit.actor, row):
        unit.notice("conversion.not_now", alert=True)
        return None
    return row


def on_together(unit: Unit, update: Update) -> None:
    """Ajak gotong royong: a new one, or one that is planned already."""
    row = _ticket(unit)
    if row is None:
        return
    if rules.coming_for(unit.db, row, unit.now) is not None:
        return desk.show_ticket(unit, row)
    found = rules.free_for(unit.db, unit.actor, row, unit.now, CHOICES)
    if not found:
        return _plan(unit, row)
    rows = [[_choice(unit, row, one)] for one in found]
    new = [Button("activity.button.new", f"desk:plan:{row.id}")]
    back = [came_from(unit).ticket_button(BACK, row.id)]
    unit.show("conversion.which", [new, *rows, back], number=row.number)


def _choice(unit: Unit, ticket: Row[Any], row: Row[Any]) -> Button:
    key, day = "activity.button.coming", f"{activities.short_day(unit, row.starts_at)} · "
    label = day + shortened(row.title, activities.room(unit, key, day))
    return Button(key, f"desk:join:{ticket.id}:{row.id}", {"label": label})


def on_plan(unit: Unit, update: Update) -> None:
    """A new one: the form of organisers, with what the complaint says already."""
    row = _ticket(unit)
    if row is not None:
        _plan(unit, row)


def _plan(unit: Unit, row: Row[Any]) -> None:
    unit.detach()
    unit.shows(row.reporter_id)
    forms.open_form(unit, activities.FORM, subject=str(row.id), notes=("conversion.begun",))


def _subject(unit: Unit, progress: Progress) -> Row[Any] | None:
    """The ticket that the planning form is about, if the actor may see it."""
    number = number_in(progress.subject or "")
    return desk_rules.at_desk(unit.db, unit.actor, number) if number is not None else None


def values(unit: Unit, progress: Progress) -> dict[str, Any]:
    """Nothing for its questions; but the place may be in the reporter's words."""
    row = _subject(unit, progress)
    if row is not None:
        unit.shows(row.reporter_id)
    return {}


def filled(unit: Unit, subject: str) -> dict[str, dict[str, Any]]:
    """What a complaint says of the activity that is to mend it."""
    row = desk_rules.at_desk(unit.db, unit.actor, number_in(subject) or 0)
    if row is None or not rules.may_invite(unit.actor, row):
        return {}
    words = row.landmark or (None if row.latitude else ticket_view.place_of(unit, row))
    place: dict[str, Any] = {}
    if words:
        place["text"] = shortened(words, activity_forms.WORDS)
    if row.latitude is not None:
        place["location"] = [row.latitude, row.longitude]
    known = {
        "title": {"text": unit.phrases.plain(f"conversion.title.{row.kind}")},
        "place": place,
        "repeat": {"choice": ONCE},
    }
    here = row.rt in unit.settings.rt_numbers
    return {**known, "whom": {"choices": [row.rt]}} if here else known


def submit_plan(unit: Unit, progress: Progress) -> None:
    """Kirim: plan it once and invite; the people of the complaint are told as well."""
    row = activities.plan(unit, progress)
    ticket_id = number_in(progress.subject or "")
    if row is not None and ticket_id is not None:
        _link(unit, ticket_id, row, invited=True)


def on_join(unit: Unit, update: Update) -> None:
    """One that is planned already is to mend it."""
    ticket, number = _ticket(unit), number_in(unit.values[-1])
    row = gotong_royong.get(unit.db, number) if number is not None else None
    if ticket is None:
        return
    if row is None or not _link(unit, ticket.id, row):
        return unit.notice("form.old_button")
    desk.show_ticket(unit, ticket_rules.again(unit.db, ticket.id))


def _link(unit: Unit, ticket_id: int, row: Row[Any], *, invited: bool = False) -> bool:
    """Let one mend the other and tell people; False if it cannot be.

    `invited`: its invitation is on the way, and says for which complaint it is.
    """
    words = unit.phrases.plain("conversion.reason", when=unit.full_moment(row.starts_at))
    try:
        ticket, is_new = rules.link(unit.db, unit.actor, ticket_id, row.id, words, unit.now)
    except (NotOpen, Unknown, NotAllowed):
        unit.reply("conversion.not_linked")
        return False
    if not is_new:  # a double tap: everybody was told
        return True
    ticket = deadlines.waits_for(unit, ticket, row.starts_at)
    coming = gotong_royong.get(unit.db, row.id)
    assert coming is not None
    unit.shown.clear()
    about = card(unit, coming, personal=False)
    rows = answers(unit, coming, None)
    title = ticket_view.title_of(unit, ticket)
    others = [
        one
        for one in ticket_rules.audience(unit.db, ticket)
        if not (invited and told(unit, coming, one) and one.hears(Notice.GOTONG_ROYONG))
    ]
    _tell(unit, ticket, "conversion.told", rows, to=others, title=title, card=about)
    ticket_view.refresh_cards(unit, ticket)
    return True


def _tell(
    unit: Unit,
    ticket: Row[Any],
    key: str,
    rows: Buttons,
    *,
    to: Sequence[Resident] | None = None,
    **values: Any,
) -> None:
    """Tell the reporter and those who joined, or only some of them."""
    look = [ticket_view.open_button(ticket.number)]
    html = unit.phrases.html(key, number=ticket.number, **values)
    for person in ticket_view.hearing(unit, ticket):
        if to is None or person in to:
            ticket_view.tell(unit, ticket, person, html, [*rows, look])
    unit.shown.clear()


def submit_change(unit: Unit, progress: Progress) -> None:
    """Kirim: change it; the people of the complaint hear it, unless they are told as invited."""
    row = activities.alter(unit, progress)
    if row is None:
        return
    when = unit.full_moment(row.starts_at)
    ticket = rules.moved(unit.db, unit.actor, row, when, unit.now)
    if ticket is None:
        return
    unit.shown.clear()
    title, about = ticket_view.title_of(unit, ticket), card(unit, row, personal=False)
    others = [one for one in ticket_rules.audience(unit.db, ticket) if not told(unit, row, one)]
    rows = answers(unit, row, None)
    _tell(unit, ticket, "conversion.moved", rows, to=others, title=title, card=about)


def told(unit: Unit, row: Row[Any], person: Resident) -> bool:
    """Whether a person hears of a change as one of those who are invited or come."""
    answer = gotong_royong.answer_of(unit.db, row.id, person.id)
    return attendance.concerns(row, person) or answer in COMING


def submit_cancel(unit: Unit, progress: Progress) -> None:
    """Kirim: call it off; the people of the complaint that it was to mend hear why."""
    row = activities.call_off(unit, progress)
    if row is None:
        return
    reason, when = progress.answers["reason"]["text"], unit.full_moment(row.starts_at)
    words = unit.phrases.plain("conversion.off_words", when=when, reason=reason)
    ticket = rules.called_off(unit.db, unit.actor, row, words, unit.now)
    if ticket is None:
        return
    ticket = deadlines.settled(unit, ticket)
    unit.shown.clear()
    unit.shows(ticket.reporter_id)  # the organiser may write his name into the reason
    title = ticket_view.title_of(unit, ticket)
    follows = rules.coming_for(unit.db, ticket, unit.now)
    if follows is None:
        _tell(unit, ticket, "conversion.off", (), title=title, when=when, reason=reason)
    else:
        next_, rows = unit.full_moment(follows.starts_at), answers(unit, follows, None)
        values = {"title": title, "when": when, "reason": reason, "next": next_}
        _tell(unit, ticket, "conversion.off_once", rows, **values)
    ticket_view.refresh_cards(unit, ticket)


def ask_whether_done(unit: Unit, row: Row[Any]) -> None:
    """After a photo from afterwards: is the complaint that it mends done?"""
    ticket = rules.to_close(unit.db, row)
    if ticket is None:
        return
    unit.detach()
    yes = Button("conversion.button.done", f"activity:close:{row.id}:{ticket.version}")
    no = Button("conversion.button.not_done", f"activity:open:{row.id}")
    unit.reply("conversion.done_question", [[yes], [no]], number=ticket.number)


def on_close(unit: Unit, update: Update) -> None:
    """Ya, selesai: its people are shown the photo and asked for their verdict."""
    number, version = activities.number_at(unit, 0), activities.number_at(unit, 1)
    try:
        ticket, words, photos = rules.close(unit.db, unit.actor, number, version, unit.now)
    except NotOpen:
        return unit.notice("conversion.not_open", alert=True)
    back = [Button("activity.button.open", f"activity:open:{number}")]
    unit.show("conversion.closed", [back], number=ticket.number)
    proof.ask_people(unit, ticket, words, photos)
    ticket_view.refresh_cards(unit, ticket)


def forms_of(rts: tuple[str, ...]) -> dict[str, FormPage]:
    """The forms of organisers that may concern a complaint."""
    needs = Permission.ORGANISE
    return {
        activities.FORM: FormPage(
            activity_forms.plan_form(rts),
            submit_plan,
            needs,
            send="activity.button.send",
            values=values,
            fitted=activity_forms.fitted,
            filled=filled,
        ),
        activities.CANCEL: FormPage(
            activity_forms.cancel_form(), submit_cancel, needs, values=activities.values
        ),
        activities.CHANGE: FormPage(
            activity_forms.change_form(),
            submit_change,
            needs,
            values=activities.values,
            since=activities.week_of,
        ),
    }


ROUTES = (
    tap("desk:together", on_together, needs=Permission.ORGANISE),
    tap("desk:plan", on_plan, needs=Permission.ORGANISE),
    tap("desk:join", on_join, needs=Permission.ORGANISE),
    activities.route("close", on_close),
)
