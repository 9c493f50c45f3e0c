"""The audit trail: every staff act leaves one line, in the transaction of the act."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from services.roles import Actor
from storage import Connection, audit


class Act(StrEnum):
    """What staff do; the value is the word in the trail."""

    TICKET_MOVE = "ticket.move"
    TICKET_ASSIST = "ticket.assist"
    TICKET_TAKE = "ticket.take"
    TICKET_RELEASE = "ticket.release"
    TICKET_NUMBER = "ticket.number"
    TICKET_WRITE = "ticket.write"
    PHOTO_ALIKE = "photo.alike"
    TICKET_HIDE = "ticket.hide"
    TICKET_SHOW = "ticket.show"
    PERSON_BLOCK = "person.block"
    PERSON_UNBLOCK = "person.unblock"
    ROLE_INVITE = "role.invite"
    ROLE_ACCEPT = "role.accept"
    ROLE_CHANGE = "role.change"
    ROLE_REMOVE = "role.remove"
    GOTONG_ROYONG_PLANNED = "gotong_royong.planned"
    GOTONG_ROYONG_MOVED = "gotong_royong.moved"
    GOTONG_ROYONG_REPLANNED = "gotong_royong.replanned"
    GOTONG_ROYONG_CANCELLED = "gotong_royong.cancelled"
    GOTONG_ROYONG_ENDED = "gotong_royong.ended"
    GOTONG_ROYONG_ATTENDED = "gotong_royong.attended"
    GOTONG_ROYONG_UNATTENDED = "gotong_royong.unattended"
    GOTONG_ROYONG_PHOTOS = "gotong_royong.photos"
    GOTONG_ROYONG_PHOTOS_REMOVED = "gotong_royong.photos_removed"
    GOTONG_ROYONG_RESULT = "gotong_royong.result"
    GOTONG_ROYONG_LINKED = "gotong_royong.linked"
    ASPIRATION_MADE = "aspiration.made"
    GOTONG_ROYONG_CODE = "gotong_royong.code"
    GOTONG_ROYONG_CLAIM_DECLINED = "gotong_royong.claim_declined"
    CONTRIBUTION_GIVEN = "gotong_royong.given"
    CONTRIBUTION_UNGIVEN = "gotong_royong.ungiven"
    ANNOUNCEMENT_CREATE = "announcement.create"
    ANNOUNCEMENT_CANCEL = "announcement.cancel"
    LESSON_PLAN = "lesson.plan"
    LESSON_MOVE = "lesson.move"
    LESSON_CANCEL = "lesson.cancel"
    ANNOUNCEMENT_PAUSE = "announcement.pause"
    ANNOUNCEMENT_RESUME = "announcement.resume"
    ANNOUNCEMENT_CORRECT = "announcement.correct"
    ANNOUNCEMENT_RECALL = "announcement.recall"
    QUESTION_ASSIGN = "question.assign"
    QUESTION_DISMISS = "question.dismiss"
    QUESTION_RESTORE = "question.restore"
    QUESTION_REMOVE = "question.remove"
    PRINT = "print"
    EXPORT = "export"
    EXPORT_NAMES = "export.names"


def note(
    db: Connection,
    actor: Actor,
    act: Act,
    subject: str | None,
    now: datetime,
    detail: str | None = None,
) -> None:
    """Write down that `actor` did `act` to `subject` (a ticket number and the like).

    `detail` says how ("diterima → diverifikasi"); it never holds a resident's words.
    """
    audit.add(
        db,
        at=now,
        actor=actor.telegram_id,
        role=actor.role.value,
        act=act,
        subject=subject,
        detail=detail,
    )
