"""Blocked people who delete their data stay blocked: a salted hash of the account is all of it."""

from __future__ import annotations

import hashlib
import secrets

from storage import Connection, settings

SALT = "blocked_salt"  # setting: random, of this installation
LENGTH = 48  # hexadecimal digits: fits the name of a setting


def remember(db: Connection, telegram_id: int) -> None:
    """Know the account again when it comes back."""
    if settings.get(db, SALT) is None:
        settings.put(db, SALT, secrets.token_hex(16))
    settings.put(db, _name(db, telegram_id), "")


def comes_back(db: Connection, telegram_id: int) -> bool:
    """Whether it is one of those; from then on the resident says so, and the hash goes."""
    return settings.get(db, SALT) is not None and settings.remove(db, _name(db, telegram_id))


def _name(db: Connection, telegram_id: int) -> str:
    hashed = hashlib.sha256(f"{settings.get(db, SALT)}{telegram_id}".encode())
    return f"blocked:{hashed.hexdigest()[:LENGTH]}"
