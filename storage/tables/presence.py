"""Who was at gotong royong and what people brought: codes shown on site, claims, contributions."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, String, Table, Text, UniqueConstraint

from storage.tables.columns import at, id_, metadata, ref

presence_code = Table(
    "presence_code",
    metadata,
    id_(),
    ref("occurrence_id", "occurrence.id", index=True),
    Column("secret_hash", String(64), nullable=False, unique=True),  # SHA-256 of the link's
    Column("code", String(6), nullable=False),  # read aloud on site: no secret for long
    Column("created_by", BigInteger, nullable=False),  # Telegram id
    at("created_at"),
    at("ended_at", nullable=True),  # a newer one took its place, or the occurrence moved
    Index("ix_presence_code_code", "code"),
)

presence_claim = Table(
    "presence_claim",
    metadata,
    id_(),
    ref("occurrence_id", "occurrence.id"),
    ref("resident_id", "resident.id", index=True),
    at("at"),
    at("settled_at", nullable=True),  # confirmed (then there is attendance), or declined
    UniqueConstraint("occurrence_id", "resident_id"),
    sqlite_autoincrement=True,  # "all up to this one" must never mean one that came later
)

contribution = Table(
    "contribution",
    metadata,
    ref("occurrence_id", "occurrence.id", primary_key=True, autoincrement=False),
    ref("resident_id", "resident.id", primary_key=True, autoincrement=False, index=True),
    # labour, tools, material, food, ideas, place
    Column("kind", String(8), primary_key=True),
    Column("words", Text),  # of the resident, the same in all his rows of an occurrence
    at("offered_at", nullable=True),  # NULL: an organiser noted what nobody had announced
    at("given_at", nullable=True),
    Column("given_by", BigInteger),  # Telegram id of the organiser who ticked it
)
