"""Which revision a database is at, and bringing it to the newest one.

Alembic is imported only where it is used: a running bot only compares two words.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, event, inspect, text

from storage.database import lock_sqlite, open_reader, psycopg_url, sqlite_path

MIGRATIONS = Path(__file__).parent / "migrations"


class SchemaError(Exception):
    """The database does not have the shape that this version needs."""


def head() -> str:
    """The newest revision: files are named by it, 0001_….py."""
    return max(path.name[:4] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def revision(db: Connection) -> str | None:
    """The revision a database is at; None before the first migration."""
    if not inspect(db).has_table("alembic_version"):
        return None
    found: str | None = db.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found


def require_head(url: str) -> None:
    """Make sure the database is at the newest revision.

    Raises:
        SchemaError: one sentence saying what to run.
    """
    if url.startswith("sqlite") and not sqlite_path(url).exists():
        raise SchemaError(f"{sqlite_path(url)} does not exist yet; run: python bot.py migrate")
    engine = open_reader(url)
    try:
        with engine.connect() as db:
            found = revision(db)
    finally:
        engine.dispose()
    if found != head():
        raise SchemaError(
            f"the database is at revision {found or 'none'}, this version needs {head()};"
            " run: python bot.py migrate"
        )


def migrate(url: str, target: str = "head") -> None:
    """Bring the database to `target` in one transaction; the bot must not be running.

    Raises:
        DatabaseBusy: a running bot has the SQLite file.
    """
    if url.startswith("sqlite"):
        path = sqlite_path(url)
        lock = lock_sqlite(path)
        try:
            _migrate_sqlite(path, target)
        finally:
            lock.close()
        return
    engine = create_engine(psycopg_url(url))
    try:
        with engine.begin() as db:
            _upgrade(db, target)
    finally:
        engine.dispose()


def _migrate_sqlite(path: Path, target: str) -> None:
    """Rebuilding a table empties its children while foreign keys are on: so they are off.

    They cannot be switched inside a transaction, and the check at its end makes up for it.
    """
    engine = create_engine(f"sqlite:///{path}")
    event.listen(engine, "connect", _without_foreign_keys)
    event.listen(engine, "begin", lambda c: c.exec_driver_sql("BEGIN IMMEDIATE"))
    try:
        with engine.begin() as db:
            _upgrade(db, target)
            broken = db.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
            if broken:
                raise SchemaError(f"the migration would break {len(broken)} references; undone")
    finally:
        engine.dispose()


def _without_foreign_keys(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=OFF")


def _upgrade(db: Connection, target: str) -> None:
    from alembic import command

    config = alembic_config(db)
    if target == "base" or (target != "head" and target < (revision(db) or "")):
        command.downgrade(config, target)
    else:
        command.upgrade(config, target)


def alembic_config(db: Connection) -> Any:
    """Alembic's configuration over an open connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = db
    return config
