"""Which messages in other chats show a resident: his words, his name, his photos, his voice.

Cards for staff are known by their ticket as well (`ticket_card`). A message is one of Telegram's:
several rows of the outbox may have written it, the newest says what it shows now.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from storage.outbox import as_json
from storage.outbox_words import COVER, NOBODY
from storage.tables import outbox, shown, ticket_card

EXPORT = "export:"  # how the key of an exported file begins


class Showing(NamedTuple):
    """A row of the outbox that shows somebody; `ticket_id` if it is a card for staff."""

    id: int
    chat_id: int
    method: str
    state: str
    message_id: int | None
    more_ids: str | None
    sent_at: datetime | None
    edits_id: int | None
    lane: int
    ticket_id: int | None


_COLUMNS = [outbox.c[name] for name in Showing._fields if name != "ticket_id"]


def note(db: Connection, outbox_id: int, residents: Iterable[int]) -> None:
    """Remember whom a message shows."""
    rows = [{"outbox_id": outbox_id, "resident_id": one} for one in sorted(set(residents))]
    if rows:
        dialect = postgresql if db.dialect.name == "postgresql" else sqlite
        db.execute(dialect.insert(shown).on_conflict_do_nothing(), rows)


def people_in(db: Connection, outbox_id: int) -> Sequence[int]:
    """Ids of the residents that a message shows."""
    return db.scalars(select(shown.c.resident_id).where(shown.c.outbox_id == outbox_id)).all()


def rows_of(db: Connection, resident_id: int, tickets: Collection[int], but: int) -> list[Showing]:
    """All rows that show a resident in other chats than `but`, and the cards of his tickets."""
    cards = select(ticket_card.c.outbox_id).where(ticket_card.c.ticket_id.in_(tickets))
    him = select(shown.c.outbox_id).where(shown.c.resident_id == resident_id)
    wanted = or_(outbox.c.id.in_(him), outbox.c.id.in_(cards), outbox.c.edits_id.in_(cards))
    return _rows(db, wanted & outbox.c.chat_id.not_in((but, NOBODY)))


def rows_in(db: Connection, chat_id: int) -> list[Showing]:
    """All rows of a chat that show residents; cards and exported files as well, as messages."""
    cards, him = select(ticket_card.c.outbox_id), select(shown.c.outbox_id)
    wanted = or_(
        outbox.c.id.in_(him),
        outbox.c.id.in_(cards),
        outbox.c.edits_id.in_(cards),
        and_(outbox.c.method == "sendDocument", outbox.c.key.startswith(EXPORT)),
    )
    found = _rows(db, wanted & (outbox.c.chat_id == chat_id))
    return [row._replace(ticket_id=None) for row in found]


def forget_chat(db: Connection, chat_id: int) -> None:
    """Nothing in a chat counts as a card any more, or as showing somebody."""
    here = select(outbox.c.id).where(outbox.c.chat_id == chat_id)
    for table in (shown, ticket_card):
        db.execute(delete(table).where(table.c.outbox_id.in_(here)))


def cards_of(db: Connection, ticket_id: int) -> list[Showing]:
    """The cards that show a ticket to staff."""
    return _rows(db, ticket_card.c.ticket_id == ticket_id)


def rows_by_id(db: Connection, ids: Collection[int]) -> list[Showing]:
    """These rows as they are now, and the cards that they change."""
    changed = select(outbox.c.edits_id).where(outbox.c.id.in_(ids), outbox.c.edits_id.is_not(None))
    return _rows(db, or_(outbox.c.id.in_(ids), outbox.c.id.in_(changed)))


def exports(db: Connection, since: datetime) -> list[tuple[str, str, Showing]]:
    """Messages that bring a file with data, made since a moment: key, call, row.

    Those that were taken back are empty, and not among them.
    """
    query = select(outbox.c.key, outbox.c.params, *_COLUMNS).where(
        outbox.c.method == "sendDocument",
        outbox.c.key.startswith(EXPORT),
        outbox.c.created_at >= since,
        outbox.c.state != "failed",
        outbox.c.params != "",
    )
    rows = db.execute(query.order_by(outbox.c.id).with_for_update())
    return [(row[0], row[1], Showing._make((*row[2:], None))) for row in rows]


def _rows(db: Connection, wanted: Any) -> list[Showing]:
    """In the state in which they stay until the transaction ends: nobody begins to send one."""
    query = (
        select(*_COLUMNS, ticket_card.c.ticket_id)
        .outerjoin(ticket_card, ticket_card.c.outbox_id == outbox.c.id)
        .where(wanted)
        .order_by(outbox.c.id)
        .with_for_update(of=outbox)
    )
    return [Showing._make(row) for row in db.execute(query)]


def newest(db: Connection, chat_id: int, messages: Collection[int], since: int) -> Sequence[int]:
    """Of each of these messages of a chat, the row that wrote it last; `since` is a row id."""
    query = (
        select(func.max(outbox.c.id))
        .where(
            outbox.c.chat_id == chat_id, outbox.c.id >= since, outbox.c.message_id.in_(messages)
        )
        .group_by(outbox.c.message_id)
    )
    return db.scalars(query).all()


def empty(db: Connection, ids: Collection[int]) -> None:
    """Empty the bodies of rows that are sent or given up."""
    settled = outbox.c.state.in_(("sent", "failed"))
    db.execute(update(outbox).where(outbox.c.id.in_(ids), settled).values(params=""))


def forget(db: Connection, ids: Collection[int]) -> None:
    """These rows show nobody any more: the next who deletes his data leaves them as they are."""
    db.execute(delete(shown).where(shown.c.outbox_id.in_(ids)))


def give_up(db: Connection, ids: Collection[int]) -> None:
    """Do not send what waits."""
    waiting = outbox.c.id.in_(ids) & (outbox.c.state == "queued")
    db.execute(update(outbox).where(waiting).values(state="failed", error="erased", params=""))


def cover_key(chat_id: int, method: str, message_id: int) -> str:
    """How the call is known that takes back what a message shows of somebody."""
    return f"{COVER}{chat_id}:{method}:{message_id}"


def is_covering(db: Connection, key: str) -> bool:
    """Whether the call of that key is on its way at this moment."""
    moving = (outbox.c.key == key) & (outbox.c.state == "sending")
    return db.execute(select(outbox.c.id).where(moving)).first() is not None


def give_up_cover(db: Connection, chat_id: int, method: str, message_id: int) -> None:
    """A message that changes needs no cover that still waits: it would hide what is new."""
    waiting = (outbox.c.key == cover_key(chat_id, method, message_id)) & (
        outbox.c.state == "queued"
    )
    db.execute(update(outbox).where(waiting).values(state="failed", error="outdated", params=""))


def rewrite(db: Connection, row_id: int, params: dict[str, Any]) -> int | None:
    """Let a message that waits say something else, in words alone.

    What changes a message changes the same one, which is given; None if it is a new one.
    """
    waiting = (outbox.c.id == row_id) & (outbox.c.state == "queued")
    old = db.execute(select(outbox.c.params).where(waiting)).scalar()
    number: int | None = json.loads(old).get("message_id") if old else None
    call = ("sendMessage", params)
    if number is not None:
        call = ("editMessageText", {**params, "message_id": number})
    db.execute(update(outbox).where(waiting).values(method=call[0], params=as_json(call[1])))
    return number


def drop_card(db: Connection, outbox_id: int) -> None:
    """A message is no card any more."""
    db.execute(delete(ticket_card).where(ticket_card.c.outbox_id == outbox_id))
