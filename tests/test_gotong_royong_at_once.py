"""Gotong royong on PostgreSQL, where two transactions run at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from calendar_rig import START, ZONE, wanted
from sqlalchemy import Connection, Engine, create_engine, select, text

from config import Quiet
from services import gotong_royong as rules
from services.quiet import QuietHours
from services.roles import OPERATOR
from storage import gotong_royong
from storage.database import psycopg_url
from storage.gotong_royong import Place
from storage.tables import gotong_royong as series
from storage.tables import occurrence

QUIET = QuietHours(Quiet().night_span, Quiet().friday_span, ZONE)
NOW = START.astimezone(UTC)
LATER = NOW + timedelta(days=30)
PATIENCE = 20.0  # seconds
BLOCKED = text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE wait_event_type = 'Lock' AND datname = current_database()"
)


@pytest.fixture
def engine(postgres_url: str) -> Iterator[Engine]:
    """A fresh database with a weekly series in it."""
    made = create_engine(psycopg_url(postgres_url))
    with made.begin() as db:
        rules.plan(db, OPERATOR, wanted(repeat="weekly"), draft_id="d1", now=NOW, quiet=QUIET)
    yield made
    made.dispose()


class Other:
    """Another transaction, which has to wait for ours."""

    def __init__(self, engine: Engine, work: Callable[[Connection], Any]) -> None:
        self._engine, self._work = engine, work
        self.gave: Any = None
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            with self._engine.begin() as db:
                self.gave = self._work(db)
        except Exception as error:
            self.gave = error

    def waits(self) -> None:
        """Return once the database says that it waits for a lock."""
        pause, left = threading.Event(), int(PATIENCE / 0.01)
        while left and self._thread.is_alive():
            with self._engine.connect() as db:
                if db.scalar(BLOCKED):
                    return
            pause.wait(0.01)
            left -= 1
        raise AssertionError(f"it did not wait: {self.gave!r}")

    def ends(self) -> Any:
        """What it gave, after ours is over."""
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()
        assert not isinstance(self.gave, Exception), repr(self.gave)
        return self.gave


def ids(engine: Engine) -> list[int]:
    with engine.connect() as db:
        return list(db.scalars(select(occurrence.c.id).order_by(occurrence.c.planned_at)))


def changes(number: int, draft_id: str) -> Callable[[Connection], Any]:
    """Move an occurrence and all later ones to another place."""
    change = rules.Change(where=Place("balai RT", None, None))
    return lambda db: rules.change(
        db, OPERATOR, number, change, whole=True, draft_id=draft_id, now=LATER, quiet=QUIET
    )


def left_behind(engine: Engine, since: datetime) -> list[Any]:
    """Occurrences to come of a series that has ended."""
    query = select(occurrence.c.id).join(series, series.c.id == occurrence.c.gotong_royong_id)
    with engine.connect() as db:
        return list(
            db.execute(query.where(series.c.ended_at.is_not(None), occurrence.c.starts_at > since))
        )


def test_what_the_clock_makes_at_that_moment_moves_as_well(engine: Engine):
    """A whole change waits for rows that are being made, and takes them along."""
    number = ids(engine)[5]
    with engine.connect() as ours, ours.begin() as clock:
        rules.make_ahead(ours, LATER, QUIET)
        other = Other(engine, changes(number, "d2"))
        other.waits()
        clock.commit()
    other.ends()
    moved_from = other.gave.starts_at
    assert left_behind(engine, moved_from - timedelta(seconds=1)) == []
    with engine.connect() as db:
        times = list(db.scalars(select(occurrence.c.starts_at).order_by(occurrence.c.starts_at)))
    assert len(times) == len(set(times)) > 8


def test_an_occurrence_is_found_behind_a_change_of_its_series(engine: Engine):
    """Who waits for it sees it as it is then, although it is in another series now."""
    first, second = ids(engine)[4:6]
    with engine.connect() as ours, ours.begin() as change:
        changes(first, "d2")(ours)
        other = Other(engine, lambda db: gotong_royong.get(db, second, lock=True))
        other.waits()
        change.commit()
    assert other.ends().place == "balai RT"


def test_two_changes_of_one_series_follow_each_other(engine: Engine):
    """The second goes on from what the first left, and neither fails."""
    first, second = ids(engine)[4:6]
    with engine.connect() as ours, ours.begin() as change:
        changes(first, "d2")(ours)
        other = Other(engine, changes(second, "d3"))
        other.waits()
        change.commit()
    assert other.ends().place == "balai RT"
    assert left_behind(engine, other.gave.starts_at - timedelta(seconds=1)) == []
