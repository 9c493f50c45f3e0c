"""Roles that were given to people, and the invites that give them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, bindparam, delete, insert, select, update

from storage.tables import invite, role_grant


class Grant(NamedTuple):
    """A role that somebody has; `rts` are the RT numbers of an rt_head."""

    telegram_id: int
    role: str
    rts: list[str]
    name: str


_COLUMNS = [role_grant.c[name] for name in Grant._fields]
_OF = select(*_COLUMNS).where(role_grant.c.telegram_id == bindparam("of"))


def grant_of(db: Connection, telegram_id: int) -> Grant | None:
    """The role of a Telegram account, if one was given."""
    row = db.execute(_OF, {"of": telegram_id}).first()
    return Grant(*row) if row else None


def all_grants(db: Connection) -> list[Grant]:
    """Everybody with a role, in the order in which they got it."""
    query = select(*_COLUMNS).order_by(role_grant.c.granted_at, role_grant.c.telegram_id)
    return [Grant(*row) for row in db.execute(query)]


def put(db: Connection, grant: Grant, *, by: int, now: datetime) -> None:
    """Give a role, in place of any other of that person."""
    if not change(db, grant, by=by, now=now):
        values = {**grant._asdict(), "granted_by": by, "granted_at": now}
        db.execute(insert(role_grant).values(values))


def change(db: Connection, grant: Grant, *, by: int, now: datetime) -> bool:
    """Change the role of somebody who has one; False if it was taken away meanwhile."""
    values = {**grant._asdict(), "granted_by": by, "granted_at": now}
    query = update(role_grant).where(role_grant.c.telegram_id == grant.telegram_id)
    return db.execute(query.values(values)).rowcount == 1


def remove(db: Connection, telegram_id: int) -> bool:
    """Take a role away; False if there was none."""
    query = delete(role_grant).where(role_grant.c.telegram_id == telegram_id)
    return db.execute(query).rowcount == 1


def add_invite(
    db: Connection,
    *,
    secret_hash: str,
    role: str,
    rts: list[str],
    by: int,
    now: datetime,
    expires_at: datetime,
) -> int:
    """Keep an invite and give its id; of its secret only the hash is kept."""
    values = {
        "secret_hash": secret_hash,
        "role": role,
        "rts": rts,
        "created_by": by,
        "created_at": now,
        "expires_at": expires_at,
    }
    return int(db.execute(insert(invite).values(values).returning(invite.c.id)).scalar_one())


def invite_of(db: Connection, secret_hash: str) -> Row[Any] | None:
    """The invite with that secret, used or not."""
    return db.execute(select(invite).where(invite.c.secret_hash == secret_hash)).first()


def use_invite(db: Connection, invite_id: int, *, by: int, now: datetime) -> bool:
    """Use an invite up; False if somebody was faster or it expired."""
    used = db.execute(
        update(invite)
        .where(invite.c.id == invite_id, invite.c.used_at.is_(None), invite.c.expires_at > now)
        .values(used_by=by, used_at=now)
    )
    return used.rowcount == 1
