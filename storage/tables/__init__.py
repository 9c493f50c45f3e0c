"""All tables, the same on SQLite and PostgreSQL; migrations/ brings a database to this shape."""

from storage.tables.columns import UtcDateTime, metadata
from storage.tables.people import audit, draft, invite, resident, role_grant
from storage.tables.programme import (
    announcement,
    announcement_change,
    announcement_opening,
    attendance,
    gotong_royong,
    occurrence,
    participation,
    reminder,
    rsvp,
)
from storage.tables.questions import page_question, question, question_asker
from storage.tables.tickets import (
    aspiration,
    complaint,
    message,
    shown,
    ticket,
    ticket_card,
    ticket_counter,
    ticket_event,
    ticket_follower,
    ticket_media,
)
from storage.tables.transport import inbox, outbox, setting, task

__all__ = [
    "UtcDateTime", "announcement", "announcement_change", "announcement_opening", "aspiration",
    "attendance", "audit", "complaint", "draft", "gotong_royong", "inbox", "invite", "message",
    "metadata", "occurrence", "outbox", "page_question", "participation", "question",
    "question_asker", "reminder", "resident", "role_grant", "rsvp", "setting", "shown", "task",
    "ticket", "ticket_card", "ticket_counter", "ticket_event", "ticket_follower", "ticket_media",
]  # fmt: skip
