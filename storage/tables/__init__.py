"""All tables, the same on SQLite and PostgreSQL; migrations/ brings a database to this shape."""

from storage.tables.columns import UtcDateTime, metadata
from storage.tables.people import audit, draft, invite, resident, role_grant
from storage.tables.presence import contribution, presence_claim, presence_code
from storage.tables.programme import (
    announcement,
    announcement_change,
    announcement_opening,
    attendance,
    gotong_royong,
    lesson,
    occurrence,
    occurrence_media,
    participation,
    reminder,
    rsvp,
)
from storage.tables.questions import page_question, question, question_asker
from storage.tables.tickets import (
    aspiration,
    aspiration_source,
    closing,
    complaint,
    message,
    shown,
    ticket,
    ticket_card,
    ticket_counter,
    ticket_event,
    ticket_follower,
    ticket_media,
    verdict,
)
from storage.tables.transport import inbox, outbox, setting, task

__all__ = [
    "UtcDateTime", "announcement", "announcement_change", "announcement_opening", "aspiration",
    "aspiration_source", "attendance", "audit", "closing", "complaint", "contribution", "draft",
    "gotong_royong", "inbox", "invite", "lesson", "message", "metadata", "occurrence",
    "occurrence_media", "outbox", "page_question", "participation", "presence_claim",
    "presence_code", "question", "question_asker", "reminder", "resident", "role_grant", "rsvp",
    "setting", "shown", "task", "ticket", "ticket_card", "ticket_counter", "ticket_event",
    "ticket_follower", "ticket_media", "verdict",
]  # fmt: skip
