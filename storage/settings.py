"""Small facts that the bot remembers about itself."""

from __future__ import annotations

from sqlalchemy import Connection, Integer, String, cast, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

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


def remove(db: Connection, name: str) -> bool:
    """Forget a value; False if there was none."""
    return db.execute(delete(setting).where(setting.c.name == name)).rowcount == 1


def count_up(db: Connection, name: str) -> None:
    """Raise a number by one; nobody else raises or locks it until the transaction ends."""
    locked_number(db, name)  # makes it
    raised = cast(cast(setting.c.value, Integer) + 1, String)
    db.execute(update(setting).where(setting.c.name == name).values(value=raised))


def locked_number(db: Connection, name: str) -> int:
    """A number that stays as it is until the transaction ends; 0 if it was never raised."""
    dialect = postgresql if db.dialect.name == "postgresql" else sqlite
    first = dialect.insert(setting).values(name=name, value="0")
    db.execute(first.on_conflict_do_nothing())  # what is not there cannot be locked
    query = select(setting.c.value).where(setting.c.name == name).with_for_update()
    return int(db.execute(query).scalar_one())
