"""Announcements on their way: queues recipients piece by piece and shows the sender how far it is.

Everything it knows is in the rows, so a process that dies goes on where it stopped. Sending itself
is the sender's work, after all replies and notices.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

from content.phrases import Html, Phrases
from handlers import announcement_view as view
from handlers.unit import Button
from jobs.announcement_changes import Changes
from jobs.failures import describe
from jobs.signals import Signals, wait
from services.announcements import shown
from storage import Connection, Row, announcement_changes, announcements, outbox
from storage.announcements import DONE, PAUSED, SCHEDULED, SENDING, STOPPED, progress_key
from storage.database import Database
from storage.outbox import Message

log = logging.getLogger("broadcasts")
PIECE = 500  # recipients queued in one transaction: replies wait no longer than for that
IDLE_SECONDS = 1.0
REST_SECONDS = 0.02  # between two pieces, so that replies come in between
PROGRESS = timedelta(seconds=3)  # between two changes of the progress message


class Broadcasts:
    """Brings announcements from their time to their result."""

    def __init__(self, database: Database, signals: Signals, phrases: Phrases) -> None:
        self._database = database
        self._signals = signals
        self._phrases = phrases
        self._changes = Changes(phrases)

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told to stop."""
        while not stop.is_set():
            self._signals.broadcasts.clear()
            self._signals.pulse.beat("broadcasts")
            try:
                more = await self._round()
            except Exception as error:
                log.error("announcements have to wait: %s", describe(error))
                more = False
            await wait(self._signals.broadcasts, REST_SECONDS if more else IDLE_SECONDS)

    async def _round(self) -> bool:
        """One piece of every announcement that is on its way; whether there is more at once."""
        now, more = datetime.now(UTC), False
        for one in await self._database.read(lambda db: announcements.active(db, now)):

            def step(db: Connection, one: int = one) -> bool:
                return self.step(db, one, now)

            more |= await self._database.write(step)
            self._signals.outgoing.set()
        for row in await self._database.read(announcement_changes.active):

            def change(db: Connection, row: Row[Any] = row) -> bool:
                ids = (row.announcement_id, row.id)
                return self._changes.step(db, ids, now, pause=PROGRESS)

            more |= await self._database.write(change)
            self._signals.outgoing.set()
        return more

    def step(self, db: Connection, announcement_id: int, now: datetime) -> bool:
        """One piece of one announcement in one transaction; whether there is more at once."""
        row = announcements.get(db, announcement_id, lock=True)
        if row is None or row.finished_at is not None:
            return False
        if row.state == SCHEDULED and row.send_at > now:
            return False  # resumed since it was found: it waits for its time again
        if row.state == SCHEDULED:
            self._begin(db, row, now)
            return True
        if row.state == PAUSED:
            return self._hold(db, row, now)
        more = False
        if row.state == SENDING:
            more = announcements.release_some(db, row.id, PIECE) == PIECE  # it paused before
        if row.state == SENDING and row.queued_at is None:
            more |= announcements.queue_some(db, row, now, PIECE)
        elif row.state in STOPPED:
            more = announcements.give_up_some(db, row.id, PIECE) == PIECE
        settled = not more and (row.state in STOPPED or row.queued_at is not None)
        if settled and not announcements.waits(db, row.id):
            self._finish(db, row, now)
        elif row.state == SENDING and now - row.shown_at >= PROGRESS:
            self._show_progress(db, row, now)
        return more

    def _hold(self, db: Connection, row: Row[Any], now: datetime) -> bool:
        """Keep back what came into the queue, or back into it; whether there is more of it."""
        more = announcements.hold_some(db, row.id, PIECE) == PIECE
        mark = f"{PAUSED} {shown(announcements.tally(db, row.id).settled, row.recipients)}"
        if not more and mark != row.shown:
            done = announcements.tally(db, row.id).settled
            html = view.on_its_way(self._phrases, row, done)
            self._say(db, row, html, view.controls(row.id, paused=True), mark, now)
        return more

    def _begin(self, db: Connection, row: Row[Any], now: datetime) -> None:
        """Its time has come; the sender is told anew if that was planned for later."""
        mark = shown(0, row.recipients)  # it may have been paused, and shown so
        announcements.change(db, row.id, state=SENDING, shown=mark, shown_at=now)
        if row.send_at > row.created_at:
            html = view.progress(self._phrases, 0, row.recipients)
            buttons = view.controls(row.id)
            params = view.edit(self._phrases, row.created_by, html, buttons)
            key = progress_key(row.id, started=True)
            outbox.add(db, Message(row.created_by, "sendMessage", params, key=key), now)

    def _show_progress(self, db: Connection, row: Row[Any], now: datetime) -> None:
        done = announcements.tally(db, row.id).settled
        of = max(row.recipients, done)
        if shown(done, of) != row.shown:
            html = view.progress(self._phrases, done, of)
            self._say(db, row, html, view.controls(row.id), shown(done, of), now)

    def _finish(self, db: Connection, row: Row[Any], now: datetime) -> None:
        """Nothing is on its way any more: the result takes the place of the bar."""
        state = row.state if row.state in STOPPED else DONE
        html = view.result(self._phrases, state, announcements.tally(db, row.id))
        if self._say(db, row, html, [view.reach_button(row.id)], state, now):
            announcements.change(db, row.id, state=state, finished_at=now)

    def _say(
        self,
        db: Connection,
        row: Row[Any],
        html: Html,
        buttons: list[Button],
        mark: str,
        now: datetime,
    ) -> bool:
        """Change the progress message, unless an earlier change still waits."""
        target, chat_id = announcements.progress_row(db, row.id), row.created_by
        if target is not None and announcements.edit_waits(db, chat_id, target):
            return False
        params = view.edit(self._phrases, chat_id, html, buttons)
        method = "sendMessage" if target is None else "editMessageText"
        outbox.add(db, Message(chat_id, method, params, edits_id=target), now)
        announcements.change(db, row.id, shown=mark, shown_at=now)
        return True
