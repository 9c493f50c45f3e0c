"""Corrections and recalls on their way: piece by piece, and how far they are for the sender.

Like the announcements themselves: everything is in the rows, so a process may die at any moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from content.phrases import Html, Phrases
from handlers import announcement_view as view
from services.announcements import shown
from services.deletion import DELETABLE
from storage import Connection, Row, announcements, outbox
from storage import announcement_changes as changes
from storage.announcement_changes import RECALL
from storage.outbox import Message

PIECE = 500  # messages changed in one transaction


class Changes:
    """Brings corrections and recalls to every message."""

    def __init__(self, phrases: Phrases) -> None:
        self._phrases = phrases

    def step(self, db: Connection, ids: Sequence[int], now: datetime, *, pause: timedelta) -> bool:
        """One piece of the change `ids` (announcement, change); whether there is more at once.

        `pause` is the time between two changes of the progress message. The announcement is
        locked first, as everywhere.
        """
        one = announcements.get(db, ids[0], lock=True)
        row = changes.get(db, ids[1], lock=True)
        if one is None or row is None or row.finished_at is not None:
            return False
        if row.queued_at is None:
            since = now - DELETABLE
            return changes.change_some(
                db, one, row, fresh_since=since, now=now, most=PIECE
            ) or self.step(db, ids, now, pause=pause)
        if row.kind == RECALL:
            changes.replace_undeletable(db, one, row, now)
        counted = changes.tally(db, row)
        if counted.waiting == 0:
            self._finish(db, row, now)
        elif now - row.shown_at >= pause and shown(counted.settled, row.reachable) != row.shown:
            of = max(row.reachable, counted.settled)
            key = f"change.progress.{row.kind}"
            html = view.progress(self._phrases, counted.settled, of, key)
            self._say(db, row, html, shown(counted.settled, row.reachable), now)
        return False

    def _finish(self, db: Connection, row: Row[Any], now: datetime) -> None:
        """Nothing of it is on its way any more: the result takes the place of the bar."""
        counted = changes.tally(db, row)
        if row.until:
            head = self._phrases.html(f"change.done.{row.kind}", number=view.number(counted.sent))
        else:  # nothing had been queued yet
            head = self._phrases.html(f"change.done.{row.kind}_early")
        lost = sum(counted.failed.values())
        lines = [head]
        if lost:
            lines.append(self._phrases.html("change.failed", number=view.number(lost)))
        if self._say(db, row, Html("\n".join(lines)), "done", now):
            changes.change(db, row.id, finished_at=now)

    def _say(self, db: Connection, row: Row[Any], html: Html, mark: str, now: datetime) -> bool:
        """Change the progress message, unless an earlier change still waits."""
        target, chat_id = outbox.by_key(db, changes.progress_key(row.id)), row.created_by
        if target is not None and announcements.edit_waits(db, chat_id, target):
            return False
        params = view.edit(self._phrases, chat_id, html, [])
        method = "sendMessage" if target is None else "editMessageText"
        outbox.add(db, Message(chat_id, method, params, edits_id=target), now)
        changes.change(db, row.id, shown=mark, shown_at=now)
        return True
