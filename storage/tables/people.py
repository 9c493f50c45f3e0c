"""Residents who agreed, their open form, roles, invites, and what staff did."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    String,
    Table,
    Text,
    false,
    true,
)

from storage.tables.columns import at, id_, metadata

resident = Table(
    "resident",
    metadata,
    id_(),
    Column("telegram_id", BigInteger, nullable=False, unique=True),
    Column("name", String(64), nullable=False),
    Column("rt", String(3)),  # NULL where home says why
    Column("home", String(8), nullable=False),  # rt, outside, unknown, unasked
    Column("pseudonym", String(16), nullable=False, unique=True),
    Column("consent_version", Integer, nullable=False),
    at("consent_at"),
    Column("inactive", String(40)),  # why nothing can be sent; NULL = reachable
    Column("blocked", Boolean, nullable=False, server_default=false()),  # by staff; may only read
    # what he wants to be sent without asking (storage.residents.Notice)
    Column("wants_announcements", Boolean, nullable=False, server_default=true()),
    Column("wants_gotong_royong", Boolean, nullable=False, server_default=true()),
    Column("wants_follow_ups", Boolean, nullable=False, server_default=true()),
    Column("wants_lessons", Boolean, nullable=False, server_default=true()),
    Index("ix_resident_rt", "rt"),
    sqlite_autoincrement=True,  # an id that was deleted is never given to somebody else
)

draft = Table(
    "draft",
    metadata,
    Column("telegram_id", BigInteger, primary_key=True, autoincrement=False),
    Column("id", String(12), nullable=False, unique=True),
    Column("form", String(20), nullable=False),
    Column("step", String(20), nullable=False),
    Column("answers", JSON, nullable=False),
    Column("marks", JSON, nullable=False),  # skipped steps, albums, and the like
    Column("version", Integer, nullable=False),
    at("expires_at"),
)

role_grant = Table(
    "role_grant",
    metadata,
    Column("telegram_id", BigInteger, primary_key=True, autoincrement=False),
    Column("role", String(10), nullable=False),  # rt_head, staff, planner, admin
    Column("rts", JSON, nullable=False),  # RT numbers of an rt_head, else []
    Column("name", String(64), nullable=False),
    Column("granted_by", BigInteger, nullable=False),  # Telegram id of who invited or changed
    at("granted_at"),
)

invite = Table(
    "invite",
    metadata,
    id_(),
    # SHA-256 of the secret in the link: who reads the database cannot redeem it
    Column("secret_hash", String(64), nullable=False, unique=True),
    Column("role", String(10), nullable=False),
    Column("rts", JSON, nullable=False),
    Column("created_by", BigInteger, nullable=False),
    at("created_at"),
    at("expires_at"),
    Column("used_by", BigInteger),
    at("used_at", nullable=True),
)

audit = Table(
    "audit",
    metadata,
    id_(),
    at("at"),
    Column("actor", BigInteger, nullable=False),  # Telegram id; 0 = the command line
    Column("role", String(10), nullable=False),  # that the actor had then
    Column("act", String(40), nullable=False),
    Column("subject", String(60)),  # ticket number, Telegram id, and the like
    Column("detail", Text),  # never a resident's words
    Index("ix_audit_at", "at"),
)
