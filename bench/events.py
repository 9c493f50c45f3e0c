"""Fills a database with people and with events that all of them want to come to."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import create_engine, insert, update

from config import Quiet
from services import gotong_royong
from services.gotong_royong import Plan
from services.quiet import QuietHours
from services.roles import OPERATOR
from storage.gotong_royong import Place
from storage.tables import reminder, resident, rsvp


def fill(path: Path, people: list[int], starts: list[datetime], now: datetime) -> None:
    """Put them in; the invitations count as sent."""
    quiet = QuietHours(Quiet().night_span, Quiet().friday_span, ZoneInfo("Asia/Jakarta"))
    with create_engine(f"sqlite:///{path}").begin() as db:
        rows = [
            {
                "telegram_id": person, "name": "Warga", "rt": "01", "home": "rt",
                "pseudonym": f"p{person}", "consent_version": 2, "consent_at": now,
            }
            for person in people
        ]  # fmt: skip
        db.execute(insert(resident), rows)
        ids = list(db.scalars(resident.select().with_only_columns(resident.c.id)))
        for number, start in enumerate(starts):
            plan = Plan(
                title=f"Acara {number:04}",
                starts_at=start,
                where=Place("depan masjid", None, None),
                bring="cangkul",
                rts=("01",),
                repeat="once",
            )
            row = gotong_royong.plan(
                db, OPERATOR, plan, draft_id=f"d{number}", now=now, quiet=quiet
            )
            answers = [
                {"occurrence_id": row.id, "resident_id": id_, "answer": "come", "at": now}
                for id_ in ids
            ]
            db.execute(insert(rsvp), answers)
        db.execute(update(reminder).where(reminder.c.kind == "invite").values(done_at=now))
