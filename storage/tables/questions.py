"""Questions that the bot could not answer, and those that staff gave to a page."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table

from storage.tables.columns import at, id_, metadata, ref

question = Table(
    "question",
    metadata,
    id_(),
    Column("normal", String(200), nullable=False, unique=True),  # the words, made comparable
    Column("words", String(200), nullable=False),  # as first typed; nothing says who typed them
    Column("asked", Integer, nullable=False),
    at("first_at"),
    at("last_at"),
    Column("topic", String(40)),  # slug of the page that staff gave it to
    at("settled_at", nullable=True),  # given to a page, or dismissed where there is no topic
    Index("ix_question_settled_at_asked", "settled_at", "asked"),
)

# Who asked, so that he can take it back: each row is a checksum of the question and of the random
# pseudonym of a resident, which is gone when he deletes his data. It leads from a person to his
# questions, never from a question to a person.
question_asker = Table(
    "question_asker",
    metadata,
    Column("token", String(64), primary_key=True),  # SHA-256
    ref("question_id", "question.id", index=True),
)

page_question = Table(
    "page_question",
    metadata,
    id_(),
    Column("normal", String(200), nullable=False, unique=True),  # a question has one page
    Column("words", String(200), nullable=False),
    Column("topic", String(40), nullable=False),  # slug of the page
    Column("by", BigInteger, nullable=False),  # Telegram id of the staff member
    at("at"),
)
