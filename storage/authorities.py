"""To whom a ticket was forwarded, and which number it has there."""

from __future__ import annotations

from sqlalchemy import Connection, update

from storage.tables import ticket

# Those that a ticket is usually forwarded to, as words of the database and the exports.
AUTHORITIES = (
    "city_works", "province_works", "national_roads", "environment", "power", "kelurahan",
)  # fmt: skip


def put(db: Connection, ticket_id: int, authority: str, outside_number: str | None) -> None:
    """Note to whom a ticket was forwarded; what it was called elsewhere before goes."""
    values = {"authority": authority, "outside_number": outside_number}
    db.execute(update(ticket).where(ticket.c.id == ticket_id).values(values))


def put_number(db: Connection, ticket_id: int, outside_number: str) -> None:
    """Note the number that a ticket has where it was forwarded to."""
    values = {"outside_number": outside_number}
    db.execute(update(ticket).where(ticket.c.id == ticket_id).values(values))
