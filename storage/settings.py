"""Small facts that the bot remembers about itself."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select, update

from storage.tables import setting


def get(db: Connection, name: str) -> str | None:
    """The remembered value."""
    return db.scalar(select(setting.c.value).where(setting.c.name == name))


def names(db: Connection, prefix: str) -> list[str]:
    """The names that begin with `prefix`."""
    query = select(setting.c.name).where(setting.c.name.startswith(prefix, autoescape=True))
    return list(db.scalars(query))


def put(db: Connection, name: str, value: str) -> None:
    """Remember a value."""
    if not db.execute(update(setting).where(setting.c.name == name).values(value=value)).rowcount:
        db.execute(insert(setting).values(name=name, value=value))
