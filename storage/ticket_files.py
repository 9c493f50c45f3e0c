"""Photos and voice notes of tickets, and the cards that show tickets to staff."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, delete, insert, select, update

from storage.tables import outbox, ticket_card, ticket_event, ticket_media

REPLIED = "replied"  # kind of the events that only the reporter and staff see
PHOTOS = ("photo", "document")


class Medium(NamedTuple):
    """A photo or voice note: kind and Telegram's file id.

    Kinds: "photo", "voice", and "document" for a photo that was sent as a file.
    """

    kind: str
    file_id: str


def add_media(
    db: Connection, ticket_id: int, event_id: int, media: Iterable[Medium]
) -> Sequence[int]:
    """Attach photos and voice notes to a line of the timeline; ids in the same order."""
    rows = [{"ticket_id": ticket_id, "event_id": event_id, **m._asdict()} for m in media]
    if not rows:
        return []
    query = insert(ticket_media).returning(ticket_media.c.id, sort_by_parameter_order=True)
    return db.scalars(query, rows).all()


def media(
    db: Connection,
    ticket_id: int,
    kind: str | None = None,
    *,
    by: int | None = None,
    for_others: bool = False,
) -> list[Row[Any]]:
    """Photos and voice notes of a ticket, oldest first; photos are of both kinds.

    `by` leaves those that this resident sent; `for_others` takes out what its reporter sent to
    staff alone, in reply to them.
    """
    query = select(ticket_media).where(ticket_media.c.ticket_id == ticket_id)
    if for_others:
        replies = select(ticket_event.c.id).where(ticket_event.c.kind == REPLIED)
        query = query.where(ticket_media.c.event_id.not_in(replies))
    if by is not None:
        his = select(ticket_event.c.id).where(ticket_event.c.resident_id == by)
        query = query.where(ticket_media.c.event_id.in_(his))
    if kind is not None:
        kinds = PHOTOS if kind == "photo" else (kind,)
        query = query.where(ticket_media.c.kind.in_(kinds))
    return list(db.execute(query.order_by(ticket_media.c.id)))


def authors(db: Connection, ticket_id: int) -> Sequence[int]:
    """Ids of the residents who sent the photos and voice notes of a ticket."""
    query = select(ticket_event.c.resident_id).where(
        ticket_event.c.resident_id.is_not(None),
        ticket_event.c.id.in_(
            select(ticket_media.c.event_id).where(ticket_media.c.ticket_id == ticket_id)
        ),
    )
    return db.scalars(query.distinct()).all()


def medium(db: Connection, medium_id: int) -> Row[Any] | None:
    """One photo or voice note."""
    return db.execute(select(ticket_media).where(ticket_media.c.id == medium_id)).first()


def keep_medium(db: Connection, medium_id: int, *, path: str, sha256: str, size: int) -> bool:
    """Record where a downloaded file is kept (relative to media.folder) and its checksum.

    False if it was deleted meanwhile.
    """
    query = update(ticket_media).where(ticket_media.c.id == medium_id)
    return db.execute(query.values(path=path, sha256=sha256, size=size)).rowcount == 1


def remove_media(db: Connection, ids: Collection[int]) -> None:
    """Forget photos and voice notes; their files are somebody else's task."""
    db.execute(delete(ticket_media).where(ticket_media.c.id.in_(ids)))


def add_card(db: Connection, ticket_id: int, outbox_id: int, shown: str) -> None:
    """Remember the message that shows this ticket to staff, and what it shows."""
    values = {"ticket_id": ticket_id, "outbox_id": outbox_id, "shown": _digest(shown)}
    db.execute(insert(ticket_card).values(values))


def outdated_cards(db: Connection, ticket_id: int, shown: str) -> Sequence[int]:
    """Outbox rows of the cards that do not show this yet; from now on they count as showing it."""
    cards = ticket_card.c.ticket_id == ticket_id
    found = db.scalars(
        select(ticket_card.c.outbox_id)
        .where(cards, ticket_card.c.shown.is_distinct_from(_digest(shown)))
        .order_by(ticket_card.c.outbox_id)
    ).all()
    if found:
        db.execute(update(ticket_card).where(cards).values(shown=_digest(shown)))
    return found


def card_at(db: Connection, chat_id: int, message_id: int) -> int | None:
    """The outbox row of the card that a message of a chat is; None if it is no card."""
    query = select(ticket_card.c.outbox_id).join(outbox, outbox.c.id == ticket_card.c.outbox_id)
    return db.scalar(query.where(outbox.c.chat_id == chat_id, outbox.c.message_id == message_id))


def _digest(shown: str) -> str:
    return hashlib.sha256(shown.encode()).hexdigest()
