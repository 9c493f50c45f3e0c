"""Giving roles: one-time invites, changing a role, taking it away."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.audit import Act, note
from services.residents import MAX_NAME
from services.roles import INVITED, PERMISSIONS, Actor, Permission, Role, holders
from storage import Connection, desk, roles, tasks
from storage.roles import Grant

VALID = timedelta(hours=72)
PAYLOAD = "undang_"  # what a start link carries before the secret
SECRET_BYTES = 24  # 32 signs: the payload stays below the 64 that Telegram takes


class NoRts(ValueError):
    """A role for the head of an RT that names no RT, or one that there is not."""


class NotUsable(Exception):
    """An invite that gives nothing; `phrase` is the key of what to say."""

    def __init__(self, phrase: str) -> None:
        super().__init__(phrase)
        self.phrase = phrase


@dataclass(frozen=True)
class Invite:
    """A fresh invite; `payload` is for its link only, and is kept nowhere."""

    id: int
    payload: str
    expires_at: datetime


@dataclass(frozen=True)
class Accepted:
    """What became of an invite: the role now, the one before, and who had invited."""

    grant: Grant
    before: Grant | None
    invited_by: int


def offered(known_rts: Collection[str]) -> tuple[Role, ...]:
    """The roles that can be given; without any RT in the settings nobody can head one."""
    return tuple(role for role in INVITED if role is not Role.RT_HEAD or known_rts)


def create(
    db: Connection,
    actor: Actor,
    role: Role,
    rts: Collection[str],
    *,
    known_rts: Collection[str],
    now: datetime,
) -> Invite:
    """Make an invite that one person can use once, within 72 hours.

    Raises:
        NoRts: the role needs RTs that were not given.
    """
    actor.require(Permission.MANAGE_ROLES)
    chosen = _rts(role, rts, known_rts)
    secret = secrets.token_urlsafe(SECRET_BYTES)
    invite_id = roles.add_invite(
        db,
        secret_hash=_hashed(secret),
        role=role.value,
        rts=chosen,
        by=actor.telegram_id,
        now=now,
        expires_at=now + VALID,
    )
    note(db, actor, Act.ROLE_INVITE, str(invite_id), now, _told(role.value, chosen))
    return Invite(invite_id, f"{PAYLOAD}{secret}", now + VALID)


def _rts(role: Role, rts: Collection[str], known_rts: Collection[str]) -> list[str]:
    """The RTs that a role is for: at least one for an RT head, none for anybody else."""
    if role not in INVITED:
        raise ValueError(role)
    if role is not Role.RT_HEAD:
        return []
    if not rts or not set(rts) <= set(known_rts):
        raise NoRts(role.value)
    return sorted(set(rts))


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _told(role: str, rts: Collection[str]) -> str:
    """A role in a line of the audit trail: "rt_head 03,05"."""
    return f"{role} {','.join(rts)}".strip()


def redeem(
    db: Connection,
    actor: Actor,
    secret: str,
    name: str,
    *,
    admins: tuple[int, ...],
    now: datetime,
) -> Accepted:
    """Take the role that an invite gives, in place of any other.

    Raises:
        NotUsable: unknown, expired, used, or of no use to an administrator of the settings.
    """
    actor.require(Permission.USE)
    found = roles.invite_of(db, _hashed(secret))
    if found is None or found.created_by not in holders(db, admins, Permission.MANAGE_ROLES):
        raise NotUsable("role.invite_unknown")
    if actor.telegram_id in admins:
        raise NotUsable("role.invite_admin")
    if found.used_at is not None:
        own = found.used_by == actor.telegram_id
        raise NotUsable("role.invite_used_by_you" if own else "role.invite_used")
    if found.expires_at <= now:
        raise NotUsable("role.invite_expired")
    if not roles.use_invite(db, found.id, by=actor.telegram_id, now=now):
        raise NotUsable("role.invite_used")  # somebody was faster by a moment
    before = roles.grant_of(db, actor.telegram_id)
    grant = Grant(actor.telegram_id, found.role, list(found.rts), _name(actor, name))
    roles.put(db, grant, by=found.created_by, now=now)
    _give_back(db, actor.telegram_id, Role(grant.role))
    _show_menu(db, actor.telegram_id, now)
    detail = f"invite {found.id}: {_change(before, grant)}"
    note(db, actor, Act.ROLE_ACCEPT, str(actor.telegram_id), now, detail)
    return Accepted(grant, before, found.created_by)


def _name(actor: Actor, name: str) -> str:
    return name.strip()[:MAX_NAME] or str(actor.telegram_id)


def _change(before: Grant | None, after: Grant | None) -> str:
    """What changed, for the audit trail: "staff → rt_head 03"."""
    return " → ".join(_told(grant.role, grant.rts) if grant else "-" for grant in (before, after))


def _show_menu(db: Connection, telegram_id: int, now: datetime) -> None:
    """His commands follow his role: Telegram is told outside of this transaction."""
    tasks.add(db, "menu", {"telegram_id": telegram_id}, now)


def _give_back(db: Connection, telegram_id: int, role: Role) -> None:
    """Who handles tickets no more has none in his hands."""
    if Permission.HANDLE_TICKETS not in PERMISSIONS[role]:
        desk.release_all(db, telegram_id)


def change(
    db: Connection,
    actor: Actor,
    telegram_id: int,
    role: Role,
    rts: Collection[str],
    *,
    known_rts: Collection[str],
    now: datetime,
) -> Grant | None:
    """Give somebody who has a role another one, or other RTs; None if he has none any more.

    Raises:
        NoRts: the role needs RTs that were not given.
    """
    actor.require(Permission.MANAGE_ROLES)
    chosen = _rts(role, rts, known_rts)
    before = roles.grant_of(db, telegram_id)
    if before is None:
        return None
    after = before._replace(role=role.value, rts=chosen)
    if after == before:
        return after
    if not roles.change(db, after, by=actor.telegram_id, now=now):
        return None
    _give_back(db, telegram_id, role)
    _show_menu(db, telegram_id, now)
    note(db, actor, Act.ROLE_CHANGE, str(telegram_id), now, _change(before, after))
    return after


def remove(db: Connection, actor: Actor, telegram_id: int, now: datetime) -> Grant | None:
    """Take a role away; gives what it was, None if there was none."""
    actor.require(Permission.MANAGE_ROLES)
    before = roles.grant_of(db, telegram_id)
    if before is None or not roles.remove(db, telegram_id):
        return None
    _give_back(db, telegram_id, Role.RESIDENT)
    _show_menu(db, telegram_id, now)
    note(db, actor, Act.ROLE_REMOVE, str(telegram_id), now, _change(before, None))
    return before
