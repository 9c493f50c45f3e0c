"""The audit trail: every staff act leaves one line, in the transaction of the act."""

from __future__ import annotations

from datetime import datetime

from services.roles import Actor
from storage import Connection, audit


def note(
    db: Connection,
    actor: Actor,
    act: str,
    subject: str | None,
    now: datetime,
    detail: str | None = None,
) -> None:
    """Write down that `actor` did `act` ("ticket.move", "role.invite", …) to `subject`.

    `detail` says how ("diterima → diverifikasi"); it never holds a resident's words.
    """
    audit.add(
        db,
        at=now,
        actor=actor.telegram_id,
        role=actor.role.value,
        act=act,
        subject=subject,
        detail=detail,
    )
