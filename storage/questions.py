"""Questions without an answer, counted; and the questions that staff gave to pages."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from storage.tables import page_question, question, question_asker

MAX_ROWS = 5_000
PIECE = 500  # values of one IN


def count(
    db: Connection, normal: str, words: str, now: datetime, pseudonym: str | None = None
) -> None:
    """Count a question once more; `normal` are its words made comparable.

    Of a resident (by his pseudonym) it counts once. Of too many, the least asked go, the oldest
    of them first.
    """
    if pseudonym is not None and _asked_by(db, normal, pseudonym):
        return
    dialect = postgresql if db.dialect.name == "postgresql" else sqlite
    values = {"normal": normal, "words": words, "asked": 1, "first_at": now, "last_at": now}
    counted = (
        dialect.insert(question)
        .values(values)
        .on_conflict_do_update(
            index_elements=["normal"], set_={"asked": question.c.asked + 1, "last_at": now}
        )
        .returning(question.c.id, question.c.asked)
    )
    row = db.execute(counted).one()
    if pseudonym is not None:
        asker = {"token": _token(row.id, pseudonym), "question_id": row.id}
        db.execute(dialect.insert(question_asker).values(asker).on_conflict_do_nothing())
    if row.asked == 1:
        _keep_few(db, row.id)


def _token(question_id: int, pseudonym: str) -> str:
    """What says that a resident asked a question, to those who know his pseudonym."""
    return hashlib.sha256(f"{pseudonym}:{question_id}".encode()).hexdigest()


def _asked_by(db: Connection, normal: str, pseudonym: str) -> bool:
    found = db.scalar(select(question.c.id).where(question.c.normal == normal))
    if found is None:
        return False
    same = question_asker.c.token == _token(found, pseudonym)
    return db.scalar(select(question_asker.c.question_id).where(same)) is not None


def _keep_few(db: Connection, new_id: int) -> None:
    """Remove what is too much, but never the one that has just come."""
    too_many = (db.scalar(select(func.count()).select_from(question)) or 0) - MAX_ROWS
    if too_many <= 0:
        return
    least = (
        select(question.c.id)
        .where(question.c.id != new_id)
        .order_by(question.c.asked, question.c.last_at, question.c.id)
        .limit(too_many)
    )
    ids = db.scalars(least).all()
    db.execute(delete(question_asker).where(question_asker.c.question_id.in_(ids)))
    db.execute(delete(question).where(question.c.id.in_(ids)))


def uncount(db: Connection, normal: str, pseudonym: str | None = None) -> None:
    """Take one asking back; a question that nobody asked is gone."""
    found = db.scalar(select(question.c.id).where(question.c.normal == normal))
    if found is not None:
        _take_back(db, found, pseudonym)


def uncount_all(db: Connection, pseudonym: str) -> None:
    """Take back all that a resident asked."""
    for question_id in _of_asker(db, pseudonym):
        _take_back(db, question_id, pseudonym)


def of_asker(db: Connection, pseudonym: str) -> list[str]:
    """The words of all that a resident asked without an answer."""
    asked = question.c.id.in_(_of_asker(db, pseudonym))
    return list(db.scalars(select(question.c.words).where(asked).order_by(question.c.id)))


def _of_asker(db: Connection, pseudonym: str) -> list[int]:
    known = {_token(number, pseudonym): number for number in db.scalars(select(question.c.id))}
    tokens = list(known)
    found: list[str] = []
    for first in range(0, len(tokens), PIECE):
        some = question_asker.c.token.in_(tokens[first : first + PIECE])
        found += db.scalars(select(question_asker.c.token).where(some)).all()
    return [known[token] for token in found]


def _take_back(db: Connection, question_id: int, pseudonym: str | None) -> None:
    same = question.c.id == question_id
    if pseudonym is not None:
        asked = question_asker.c.token == _token(question_id, pseudonym)
        if not db.execute(delete(question_asker).where(asked)).rowcount:
            return  # he took it back before
    left = update(question).where(same).values(asked=question.c.asked - 1)
    if (db.scalar(left.returning(question.c.asked)) or 0) < 1:
        db.execute(delete(question_asker).where(question_asker.c.question_id == question_id))
        db.execute(delete(question).where(same))


def waiting(db: Connection, *, limit: int, offset: int = 0) -> list[Row[Any]]:
    """Questions that staff did not settle yet, most asked first."""
    query = (
        select(question)
        .where(question.c.settled_at.is_(None))
        .order_by(question.c.asked.desc(), question.c.last_at.desc(), question.c.id)
    )
    return list(db.execute(query.limit(limit).offset(offset)))


def count_waiting(db: Connection) -> int:
    """How many questions wait for staff."""
    query = select(func.count()).select_from(question).where(question.c.settled_at.is_(None))
    return db.scalar(query) or 0


def get(db: Connection, question_id: int, *, lock: bool = False) -> Row[Any] | None:
    """One question; `lock` keeps it as it is until this transaction ends."""
    query = select(question).where(question.c.id == question_id)
    return db.execute(query.with_for_update() if lock else query).first()


def settle(db: Connection, question_id: int, *, topic: str | None, now: datetime | None) -> None:
    """Take a question off the list, given to a page or not; `now` None puts it back."""
    values = {"topic": topic, "settled_at": now}
    db.execute(update(question).where(question.c.id == question_id).values(values))


def put_back(db: Connection, normal: str) -> None:
    """A question that no page has any more waits again."""
    values = {"topic": None, "settled_at": None}
    db.execute(update(question).where(question.c.normal == normal).values(values))


def give_to_page(
    db: Connection, *, normal: str, words: str, topic: str, by: int, now: datetime
) -> None:
    """Make a question one of a page; one that another page had moves. `by` is a Telegram id."""
    dialect = postgresql if db.dialect.name == "postgresql" else sqlite
    values = {"words": words, "topic": topic, "by": by, "at": now}
    db.execute(
        dialect.insert(page_question)
        .values(normal=normal, **values)
        .on_conflict_do_update(index_elements=["normal"], set_=values)
    )


def of_pages(db: Connection) -> list[tuple[str, str]]:
    """All questions that staff gave to pages, as (slug of the page, words), oldest first."""
    query = select(page_question.c.topic, page_question.c.words).order_by(page_question.c.id)
    return [(row.topic, row.words) for row in db.execute(query)]


def given(db: Connection, *, limit: int, offset: int = 0) -> list[Row[Any]]:
    """Questions that staff gave to pages, newest first."""
    query = select(page_question).order_by(page_question.c.at.desc(), page_question.c.id.desc())
    return list(db.execute(query.limit(limit).offset(offset)))


def count_given(db: Connection) -> int:
    """How many questions staff gave to pages."""
    return db.scalar(select(func.count()).select_from(page_question)) or 0


def take_from_page(db: Connection, page_question_id: int) -> Row[Any] | None:
    """Remove a question from its page and give it; None if it is gone already."""
    query = delete(page_question).where(page_question.c.id == page_question_id)
    return db.execute(query.returning(page_question)).first()
