"""What staff do with a ticket: move it, say why, hide it, block its reporter."""

from __future__ import annotations

from typing import Any

from telegram import Update

from handlers import deadlines, desk, desk_merge, forms, proof, ticket_lines, ticket_view
from handlers.desk_view import came_from
from handlers.routes import tap
from handlers.taps import number_in
from handlers.unit import Button, Unit
from handlers.world import FormPage
from services import desk as rules
from services import ready
from services.desk import NoReason, Outdated
from services.forms import Form, Kind, Progress, Step
from services.forwarding import FORWARD
from services.roles import Permission
from services.tickets import COMPLAINT, MESSAGE, NotOpen, State
from storage import Row
from storage import residents as people

FORM, ANSWER = "reason", "answer"
LONGEST_REASON = 500  # characters: fits every message and card that shows it
LONGEST_ANSWER = 1000  # characters: fits the list of what was said about one ticket


def reason_form() -> Form:
    """Why a ticket is moved: one question, shown once more before people read the answer."""
    text = Step("text", frozenset({Kind.TEXT}), shortest=3, longest=LONGEST_REASON)
    return Form(name=FORM, story="text", steps=(text,))


def answer_form() -> Form:
    """The answer to a message or an aspiration: longer than a reason."""
    text = Step("text", frozenset({Kind.TEXT}), shortest=2, longest=LONGEST_ANSWER)
    return Form(name=ANSWER, story="text", steps=(text,))


def _form_for(row: Row[Any], state: str) -> str:
    """The form that asks for what a move owes."""
    if state == State.FORWARDED:
        return FORWARD
    return ANSWER if state == State.DONE else FORM


def reason_values(unit: Unit, progress: Progress) -> dict[str, Any]:
    """What fills the gaps of the question: the ticket, the new state, what is asked for."""
    ticket_id, _, state = subject_of(progress)
    row = rules.at_desk(unit.db, unit.actor, ticket_id)
    if row is None:
        return {"number": "", "state": "", "ask": "", "words": ""}
    unit.shows(row.reporter_id)  # staff may write his name into the reason
    ask = ticket_lines.key_of(row, f"ask.{state}", "reason")
    return {
        "number": row.number,
        "state": ticket_view.state_of(unit, row, state),
        "ask": unit.phrases.plain(ask),
        "words": ticket_view.newest_words_of(unit, row, ticket_view.CARD_WORDS),
    }


def offered(unit: Unit, progress: Progress) -> dict[str, tuple[str, str]]:
    """Ready answers for the open form."""
    ticket_id, _, state = subject_of(progress)
    row = rules.at_desk(unit.db, unit.actor, ticket_id)
    return ready_for(unit, row, state) if row is not None else {}


def ready_for(unit: Unit, row: Row[Any], purpose: str) -> dict[str, tuple[str, str]]:
    """Label and sentence of the ready answers that fit a ticket, by key."""
    office = unit.settings.kelurahan
    known = {
        "nomor": row.number,
        "instansi": ticket_lines.authority_of(unit, row.authority) if row.authority else "",
        "alamat": office.address,
        "jam": office.hours,
        "telepon": office.phone,
    }
    return ready.answers(unit.world.replies.current, row, purpose, known)


def subject_of(progress: Progress) -> tuple[int, int, str]:
    """Ticket, version and new state that the open form is about."""
    ticket_id, version, state = (progress.subject or "").split(".", 2)
    return int(ticket_id), int(version), state


def on_move(unit: Unit, update: Update) -> None:
    """A state was tapped: moved at once, or asked why."""
    row = desk.ticket_of(unit)
    if row is None:
        return
    _, version, state = [*unit.values, "", ""][:3]
    if state not in set(State):
        return unit.notice("form.old_button")
    if number_in(version) != row.version or state not in rules.moves_of(unit.actor, row):
        return outdated(unit, row)
    if rules.owes_reason(row, state):
        unit.detach()
        form = _form_for(row, state)
        forms.open_form(unit, form, subject=f"{row.id}.{version}.{state}")
        return desk_merge.offer(unit, row, form) if state == State.MERGED else None
    if state == State.DONE and row.type == COMPLAINT:
        return proof.begin(unit, row)
    if state == State.DONE:  # residents hear it at once and are asked: not by one tap
        sure = Button("desk.button.done", f"desk:done:{row.id}:{version}")
        back = came_from(unit).ticket_button("desk.button.back", row.id)
        return unit.show("desk.done_question", [[sure], [back]], number=row.number)
    _move(unit, row.id, row.version, state, None)


def on_done(unit: Unit, update: Update) -> None:
    """ "Ya, sudah selesai"."""
    row = desk.ticket_of(unit)
    if row is None:
        return
    if len(unit.values) != 2 or number_in(unit.values[1]) != row.version:
        return outdated(unit, row)
    if row.type == COMPLAINT:  # no button of ours says so: proof is due
        return proof.begin(unit, row)
    _move(unit, row.id, row.version, State.DONE, None)


def submit_reason(unit: Unit, progress: Progress) -> None:
    """Kirim in the form that asks why."""
    ticket_id, version, state = subject_of(progress)
    reason = str(progress.answers["text"]["text"])
    if state == State.MERGED:  # the reason is a ticket number
        reason = reason.strip().upper()
    _move(unit, ticket_id, version, state, reason)


def _move(unit: Unit, ticket_id: int, version: int, state: str, reason: str | None) -> None:
    try:
        row = rules.move(
            unit.db, unit.actor, ticket_id, version=version, state=state, reason=reason,
            now=unit.now,
        )  # fmt: skip
    except NoReason:  # a number that fits no open ticket of the same type, or a forged button
        unit.notice("reason.no_ticket", alert=True)
        return unit.reply("reason.no_ticket")
    except (Outdated, NotOpen):
        return was_outdated(unit, ticket_id)
    has_moved(unit, row, reason)


def was_outdated(unit: Unit, ticket_id: int) -> None:
    """Somebody was faster than the answer: the form goes, the ticket is shown as it is now."""
    _drop_reason(unit)
    current = rules.at_desk(unit.db, unit.actor, ticket_id)
    if current is None:
        return unit.notice("desk.gone", alert=True)
    outdated(unit, current)


def has_moved(unit: Unit, row: Row[Any], reason: str | None) -> None:
    """The move is done: whoever follows the ticket hears it, and the cards show it."""
    _drop_reason(unit)
    row = deadlines.settled(unit, row)
    unit.notice("desk.moved", state=ticket_view.state_of(unit, row))
    desk.show_ticket(unit, row)
    ticket_view.tell_people(unit, row, reason)
    ticket_view.refresh_cards(unit, row)


def _drop_reason(unit: Unit) -> None:
    if unit.draft is not None and unit.draft.form in (FORM, FORWARD, ANSWER):
        unit.drop_draft()


def outdated(unit: Unit, row: Row[Any]) -> None:
    """Somebody was faster: say so and show the ticket as it is now."""
    unit.notice("desk.outdated", alert=True)
    desk.show_ticket(unit, row)


def on_moderate(unit: Unit, update: Update) -> None:
    """Hide the ticket or block its reporter: asked before it is done."""
    row = desk.ticket_of(unit)
    if row is None:
        return
    hide = "show" if row.hidden else "hide"
    rows = [[Button(f"desk.button.{hide}", f"desk:{hide}:{row.id}")]]
    if row.type == MESSAGE:  # no other resident sees it anyway
        rows = []
    if row.reporter_id is not None:
        blocked = people.get(unit.db, row.reporter_id).blocked
        block = "unblock" if blocked else "block"
        rows.append([Button(f"desk.button.{block}", f"desk:{block}:{row.id}")])
    rows.append([came_from(unit).ticket_button("desk.button.back", row.id)])
    key = "message.moderate" if row.type == MESSAGE else "desk.moderate"
    unit.show(key, rows, number=row.number)


def on_hide(unit: Unit, update: Update) -> None:
    """No other resident sees the ticket any more."""
    _hide(unit, hidden=True)


def on_show(unit: Unit, update: Update) -> None:
    """Other residents may see it again."""
    _hide(unit, hidden=False)


def _hide(unit: Unit, *, hidden: bool) -> None:
    row = desk.ticket_of(unit)
    if row is None:
        return
    rules.hide(unit.db, unit.actor, row.id, hidden=hidden, now=unit.now)
    _show_again(unit, row.id)


def on_block(unit: Unit, update: Update) -> None:
    """The reporter may only read from now on."""
    _block(unit, blocked=True)


def on_unblock(unit: Unit, update: Update) -> None:
    """The reporter may take part again."""
    _block(unit, blocked=False)


def _block(unit: Unit, *, blocked: bool) -> None:
    row = desk.ticket_of(unit)
    if row is None:
        return
    admins = unit.settings.staff.admins
    rules.block_reporter(unit.db, unit.actor, row.id, blocked=blocked, admins=admins, now=unit.now)
    _show_again(unit, row.id)


def _show_again(unit: Unit, ticket_id: int) -> None:
    row = rules.at_desk(unit.db, unit.actor, ticket_id)
    assert row is not None
    desk.show_ticket(unit, row)
    ticket_view.refresh_cards(unit, row)


def forms_of() -> dict[str, FormPage]:
    """The forms that ask why, by name."""
    asks = {FORM: reason_form(), ANSWER: answer_form()}
    return {
        name: FormPage(
            form,
            submit_reason,
            needs=Permission.HANDLE_TICKETS,
            send="desk.button.tell",
            values=reason_values,
            takes_questions=True,
            ready=offered,
        )
        for name, form in asks.items()
    }


ROUTES = (
    tap("desk:move", on_move, needs=Permission.HANDLE_TICKETS),
    tap("desk:done", on_done, needs=Permission.HANDLE_TICKETS),
    tap("desk:moderate", on_moderate, needs=Permission.MODERATE),
    tap("desk:hide", on_hide, needs=Permission.MODERATE),
    tap("desk:show", on_show, needs=Permission.MODERATE),
    tap("desk:block", on_block, needs=Permission.MODERATE),
    tap("desk:unblock", on_unblock, needs=Permission.MODERATE),
)
