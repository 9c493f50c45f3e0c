"""Taking a person out of the database; storage/deletion_list.py says what happens to what."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, exists, func, select, update

from storage.authorities import AUTHORITIES
from storage.outbox_words import ANSWER, COVER, NOBODY, UNSENT
from storage.tables import (
    aspiration,
    attendance,
    audit,
    complaint,
    contribution,
    draft,
    inbox,
    invite,
    outbox,
    presence_claim,
    resident,
    rsvp,
    setting,
    shown,
    task,
    ticket,
    ticket_event,
    ticket_follower,
    ticket_media,
    verdict,
)

WORDS_KEPT = ("digabung",)  # what is said with a move is a ticket number, and names no person
ANONYMOUS = -1  # in the audit trail: somebody without a role who deleted his data
ABOUT_FILES = ("download", "photo_hash")  # slow work with one photo or voice note
MENU = "menu:"  # how a setting that names a person begins


def tickets_of(db: Connection, resident_id: int) -> Sequence[int]:
    """Ids of the tickets that a resident filed, locked."""
    query = select(ticket.c.id).where(ticket.c.reporter_id == resident_id).order_by(ticket.c.id)
    return db.scalars(query.with_for_update()).all()


def has_words(db: Connection, resident_id: int) -> bool:
    """Whether an export of tickets may hold anything of a resident."""
    return bool(db.scalar(select(exists().where(ticket_event.c.resident_id == resident_id))))


def media_of(db: Connection, resident_id: int) -> Sequence[int]:
    """Ids of the photos and voice notes that a resident sent, on whosever ticket."""
    query = select(ticket_media.c.id).join(ticket_event, _event_of(resident_id))
    return db.scalars(query).all()


def proof_for(db: Connection, resident_id: int) -> Sequence[int]:
    """Ids of the photos that staff took of the work on his reports: they may show him."""
    query = (
        select(ticket_media.c.id)
        .join(ticket_event, ticket_event.c.id == ticket_media.c.event_id)
        .join(ticket, ticket.c.id == ticket_media.c.ticket_id)
        .where(ticket.c.reporter_id == resident_id, ticket_event.c.staff_id.is_not(None))
    )
    return db.scalars(query).all()


def _event_of(resident_id: int) -> Any:
    return (ticket_event.c.id == ticket_media.c.event_id) & (
        ticket_event.c.resident_id == resident_id
    )


def tickets_touched(db: Connection, resident_id: int) -> Sequence[int]:
    """Ids of other people's tickets to which a resident added something."""
    query = (
        select(ticket_event.c.ticket_id)
        .join(ticket, ticket.c.id == ticket_event.c.ticket_id)
        .where(
            ticket_event.c.resident_id == resident_id,
            ticket.c.reporter_id.is_distinct_from(resident_id),
        )
    )
    return db.scalars(query.distinct()).all()


def empty_tickets(db: Connection, resident_id: int, ids: Collection[int]) -> None:
    """Leave number, type, kind, RT, point and state of his tickets."""
    db.execute(
        update(ticket)
        .where(ticket.c.id.in_(ids))
        .values(
            reporter_id=None, landmark=None, description=None, on_behalf=None, outside_number=None
        )
    )
    db.execute(
        update(complaint).where(complaint.c.ticket_id.in_(ids)).values(depth=None, since=None)
    )
    db.execute(
        update(aspiration)
        .where(aspiration.c.ticket_id.in_(ids))
        .values(problem=None, households=None, contributions=[], volume=None, unit=None)
    )
    typed = ticket.c.id.in_(ids) & ticket.c.authority.not_in(AUTHORITIES)
    db.execute(update(ticket).where(typed).values(authority=None))
    staffs = ticket_event.c.ticket_id.in_(ids) & ticket_event.c.staff_id.is_not(None)
    written_to_him = staffs & func.coalesce(ticket_event.c.state, "").not_in(WORDS_KEPT)
    db.execute(update(ticket_event).where(written_to_him).values(text=None))


def remove_media(db: Connection, ids: Collection[int]) -> None:
    """Forget photos and voice notes, and the work with them; their files go afterwards."""
    db.execute(delete(ticket_media).where(ticket_media.c.id.in_(ids)))
    for row in db.execute(select(task.c.id, task.c.payload).where(task.c.kind.in_(ABOUT_FILES))):
        if row.payload.get("medium_id") in ids:
            db.execute(delete(task).where(task.c.id == row.id))


def remove_resident(db: Connection, resident_id: int) -> None:
    """Remove a person and all that points to him; what he did stays without him."""
    mine = ticket_event.c.resident_id == resident_id
    db.execute(update(ticket_event).where(mine).values(resident_id=None, text=None))
    taken = (ticket_follower, rsvp, attendance, presence_claim, contribution, shown)
    for table in taken:
        db.execute(delete(table).where(table.c.resident_id == resident_id))
    judged = verdict.c.resident_id == resident_id
    db.execute(update(verdict).where(judged).values(resident_id=None))
    named = audit.c.detail == f"resident {resident_id}"
    db.execute(update(audit).where(named).values(detail=None))
    db.execute(delete(resident).where(resident.c.id == resident_id))


def remove_account(db: Connection, telegram_id: int, roleless: Collection[str]) -> None:
    """Remove what is kept of a Telegram account; `roleless` are the roles of those without one."""
    db.execute(delete(draft).where(draft.c.telegram_id == telegram_id))
    used = invite.c.used_by == telegram_id
    db.execute(update(invite).where(used).values(used_by=None))
    acted = (audit.c.actor == telegram_id) & audit.c.role.in_(roleless)
    db.execute(update(audit).where(acted).values(actor=ANONYMOUS))
    about = audit.c.subject == str(telegram_id)
    db.execute(update(audit).where(about).values(subject=None))
    db.execute(delete(setting).where(setting.c.name == f"{MENU}{telegram_id}"))
    for row in db.execute(select(task.c.id, task.c.payload).where(task.c.kind != "erase")):
        if row.payload.get("telegram_id") == telegram_id:
            db.execute(delete(task).where(task.c.id == row.id))


def acts_as_staff(db: Connection, telegram_id: int, roleless: Collection[str]) -> bool:
    """Whether the audit trail knows a person as staff."""
    acted = (audit.c.actor == telegram_id) & audit.c.role.not_in(roleless)
    return bool(db.scalar(select(exists().where(acted))))


# --- transport -------------------------------------------------------------------------------


def empty_dead_taps(db: Connection) -> None:
    """Empty taps that could not be handled, of everybody: they hold the text that was tapped."""
    taps = (inbox.c.state == "dead") & inbox.c.body.contains('"callback_query"')
    db.execute(update(inbox).where(taps).values(body=""))


def empty_received(db: Connection, chat_id: int) -> int:
    """Empty what came from a chat and could not be handled; gives the row that is being handled.

    What is handled is empty already; what he sent after this is still to be handled.
    """
    at_hand = db.scalar(
        select(func.min(inbox.c.id)).where(inbox.c.chat_id == chat_id, inbox.c.state == "new")
    )
    last = (
        at_hand or db.scalar(select(func.max(inbox.c.id)).where(inbox.c.chat_id == chat_id)) or 0
    )
    came = (inbox.c.chat_id == chat_id) & (inbox.c.id <= last) & (inbox.c.state != "new")
    db.execute(update(inbox).where(came).values(body=""))
    return int(last)


def give_up_waiting(db: Connection, chat_id: int) -> list[str]:
    """Give up all that waits for a chat; gives the calls of what was.

    Answers to taps still go, and so does what takes back others who deleted their data.
    """
    waiting = (outbox.c.chat_id == chat_id) & outbox.c.state.in_(UNSENT)
    waiting &= outbox.c.method != ANSWER
    waiting &= outbox.c.key.is_(None) | ~outbox.c.key.startswith(COVER)
    calls = list(db.scalars(select(outbox.c.params).where(waiting)))
    db.execute(update(outbox).where(waiting).values(state="failed", error="erased", params=""))
    return calls


def forget_sent(db: Connection, chat_id: int, until: datetime) -> bool:
    """Leave nothing of what was said to a chat up to a moment; False while some of it waits."""
    said = (outbox.c.chat_id == chat_id) & (outbox.c.created_at <= until)
    db.execute(
        update(outbox)
        .where(said, outbox.c.state.in_(("sent", "failed")))
        .values(chat_id=NOBODY, key=None, params="", message_id=None, more_ids=None)
    )
    return db.scalar(select(func.count()).select_from(outbox).where(said)) == 0


def forget_received(db: Connection, chat_id: int, last: int) -> None:
    """No longer tell from whom handled updates came, up to one."""
    came = (inbox.c.chat_id == chat_id) & (inbox.c.id <= last) & (inbox.c.state != "new")
    db.execute(update(inbox).where(came).values(chat_id=NOBODY, body=""))
