"""Sends what waits in the outbox: replies before notices before broadcasts, one chat in order.

A row is in flight from its claim until its result is committed. What was in flight when a
process died is sent again and marked as possibly repeated: a double beats a loss.
"""

from __future__ import annotations

import asyncio
import logging
import random
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from telegram import Bot
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    RetryAfter,
    TelegramError,
)

from jobs.failures import Stop, describe
from jobs.other_words import IN_PLACE, as_new_message, as_plain, lost_its_target, pointless
from jobs.pace import Pace
from jobs.signals import Signals, wait
from jobs.transport import NotSent, call
from jobs.uploads import Uploads
from services.quiet import QuietHours
from storage import Connection, groups, outbox, outbox_upkeep, residents
from storage.database import Database
from storage.outbox import Result
from storage.outbox_claims import Claimed, claim
from storage.outbox_words import ANSWER, Lane

log = logging.getLogger("sender")
IN_FLIGHT = 32
IDLE_SECONDS = 1.0
MAX_UNKNOWN = 200  # repeats of a message whose outcome stays unknown: about three hours
LONGEST_BACK_OFF = 60.0
FINISH_SECONDS = 12.0  # after a stop signal, for what is in flight
EDITS = ("message to edit not found", "message can't be edited", "there is no text in the message")
NO_RIGHTS = (  # of a group, in which the bot is but may not write
    "not enough rights", "no rights to send", "need administrator rights", "chat_write_forbidden",
    "chat_restricted", "chat_send_", "group is deactivated",
)  # fmt: skip
CLOSED = ("topic_closed", "topic_deleted", "message thread not found")  # only that place of it

Record = Callable[[Connection], None]


class Sender:
    """The only place that sends; exactly one runs for a bot."""

    def __init__(
        self,
        database: Database,
        bot: Bot,
        signals: Signals,
        *,
        per_second: float,
        quiet: QuietHours,
        uploads: Uploads,
    ) -> None:
        self._database = database
        self._bot = bot
        self._outgoing = signals.outgoing
        self._pulse = signals.pulse
        self._pace = Pace(per_second)
        self._quiet = quiet
        self._uploads = uploads
        self._in_flight: set[asyncio.Task[None]] = set()
        self._sent: list[Result] = []  # results that wait for their commit
        self._fatal: Stop | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Send until told to stop; what is in flight is finished.

        Raises:
            Stop: Telegram does not know the token.
        """
        await self._database.write(outbox.recover)
        while not stop.is_set() and self._fatal is None:
            self._outgoing.clear()
            self._pulse.beat("sender")
            if not await self._exchange():
                await self._wait()
        if self._in_flight:
            await asyncio.wait(self._in_flight, timeout=FINISH_SECONDS)
        await self._exchange(claiming=False)
        if self._fatal is not None:
            raise self._fatal

    async def _exchange(self, *, claiming: bool = True) -> int:
        """Commit what was sent and claim what may go now, together; how many rows that were.

        A row stays in flight until its result is committed, and only then the next message of
        its chat can be claimed.
        """
        sent, self._sent = self._sent, []
        now, at = time.monotonic(), datetime.now(UTC)
        room = IN_FLIGHT - len(self._in_flight)
        may = claiming and room > 0 and self._pace.until_all_may(now) == 0
        paced, paused = self._pace.room(now), self._pace.paused(now)
        quiet = self._quiet.until(at) is not None  # what is urgent goes on, and replies

        def exchange(db: Connection) -> list[Claimed]:
            outbox.sent(db, sent, at)
            if not may:
                return []
            return claim(db, now=at, limit=room, paced=paced, paused=paused, quiet=quiet)

        if not sent and not may:
            return 0
        try:
            rows = await self._database.write(exchange)
        except Exception as error:
            log.error("the outbox cannot be reached: %s", describe(error))
            self._sent = sent + self._sent
            await asyncio.sleep(IDLE_SECONDS)
            return 0
        self._uploads.remove(result.row_id for result in sent)
        for row in rows:
            self._start(row)
        return len(sent) + len(rows)

    def _start(self, row: Claimed) -> None:
        now, delay = time.monotonic(), 0.0
        if row.method != ANSWER:
            if row.lane is Lane.REPLY:
                self._pace.reply(now)
            else:
                delay = self._pace.slot(now)
        if row.method.startswith("send"):  # Telegram's limit per chat is on new messages
            self._pace.sent(row.chat_id, now + delay)
        task = asyncio.create_task(self._send(row, delay))
        self._in_flight.add(task)
        task.add_done_callback(self._landed)

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._in_flight.discard(task)
        self._outgoing.set()

    async def _wait(self) -> None:
        """Until something new may go: a signal, a pause that ends, or a second."""
        now = time.monotonic()
        changes = (self._pace.until_all_may(now), self._pace.next_change(now))
        waits = [IDLE_SECONDS, *(seconds for seconds in changes if seconds)]
        if self._pace.room(now) == 0:
            waits.append(self._pace.until_room(now))
        await wait(self._outgoing, max(min(waits), 0.005))

    async def _send(self, row: Claimed, delay: float) -> None:
        if row.lane is not Lane.REPLY:
            await asyncio.sleep(delay)
            while crowded := self._pace.until_thinner(time.monotonic()):
                await asyncio.sleep(crowded)
            if self._pace.until_all_may(time.monotonic()) > 0:  # its place came in a pause
                return await self._commit(row, _put_back(row))
        if (why := pointless(row, datetime.now(UTC))) is not None:
            return await self._commit(row, _failed(row, why))
        if row.method != ANSWER:
            self._pace.left(time.monotonic())
        method, params = as_new_message(row) if lost_its_target(row) else (row.method, row.params)
        try:
            result = await call(self._bot, method, params, folder=self._uploads.folder)
        except TelegramError as error:
            record = self._record_of(row, error)
        except Exception as error:  # our own mistake: never sent again and again
            log.error("message %s cannot be sent: %s", row.id, describe(error))
            record = _failed(row, type(error).__name__)
        else:
            self._uploads.note(row.id, params)
            self._sent.append(Result(row.id, _message_ids(result)))
            return
        await self._commit(row, record)

    async def _commit(self, row: Claimed, record: Record) -> None:
        """Commit a result; while the database does not take it the row stays in flight."""
        while True:
            try:
                return await self._database.write(record)
            except Exception as error:
                log.error("result of message %s not stored: %s", row.id, describe(error))
                await asyncio.sleep(IDLE_SECONDS)

    def _record_of(self, row: Claimed, error: TelegramError) -> Record:
        """What an error of Telegram means for a row: the error table, one line each."""
        now = datetime.now(UTC)
        if isinstance(error, RetryAfter):
            return self._slow_down(row, _seconds(error), now)
        if isinstance(error, ChatMigrated):
            return _moved(row, error.new_chat_id, now)
        if isinstance(error, InvalidToken):
            self._fatal = Stop("Telegram does not know this token; check telegram.token.")
            return lambda db: outbox.requeue(db, row.id, until=now, error="token", counted=False)
        if isinstance(error, Forbidden):
            return _unreachable(row, str(error))
        if isinstance(error, BadRequest):
            return self._bad_request(row, str(error).lower())
        return self._try_again(row, error, now)

    def _slow_down(self, row: Claimed, seconds: float, now: datetime) -> Record:
        seconds += random.uniform(0.05, 0.3)  # so that chats do not come back all at once
        self._pace.pause(row.chat_id, seconds, time.monotonic())
        until = now + timedelta(seconds=seconds)
        return lambda db: outbox.requeue(
            db, row.id, until=until, error="too many requests", counted=False
        )

    def _bad_request(self, row: Claimed, text: str) -> Record:
        if "message is not modified" in text:
            return _done(row)
        if "query is too old" in text or "query id is invalid" in text:
            return _done(row)
        if "message to delete not found" in text:
            return _done(row)
        if "chat not found" in text:
            return _unreachable(row, text)
        if row.chat_id < 0 and any(words in text for words in NO_RIGHTS):
            return _unreachable(row, text)
        if row.chat_id < 0 and any(words in text for words in CLOSED):
            return _unreachable(row, text, wholly=False)
        if any(words in text for words in EDITS) and row.method.startswith("edit"):
            if (row.key or "").startswith(IN_PLACE):  # what is gone shows nothing
                return _failed(row, text)
            method, params = as_new_message(row)
            return lambda db: outbox.rewrite(db, row.id, method, params)
        if "can't parse entities" in text and "parse_mode" in row.params:
            log.error("message %s has markup that Telegram refuses; sent as plain text", row.id)
            return lambda db: outbox.rewrite(db, row.id, row.method, as_plain(row.params))
        log.error("Telegram refuses message %s (%s): %s", row.id, row.method, text[:80])
        return _failed(row, text)

    def _try_again(self, row: Claimed, error: TelegramError, now: datetime) -> Record:
        """No connection: certainly not sent. Anything else: nobody knows, so it is repeated."""
        unknown = not isinstance(error, NotSent)
        if unknown and row.attempts >= MAX_UNKNOWN:
            return _failed(row, "outcome unknown")
        step = 2.0**row.attempts
        until = now + timedelta(seconds=min(step, LONGEST_BACK_OFF) * random.uniform(0.5, 1.0))
        counted = unknown or step < LONGEST_BACK_OFF  # an outage must not use up the repeats
        kind = type(error).__name__
        log.warning("message %s will be sent again: %s", row.id, kind)
        return lambda db: outbox.requeue(
            db, row.id, until=until, error=kind, counted=counted, possibly_sent=unknown
        )


def _seconds(error: RetryAfter) -> float:
    value: Any = error.retry_after
    return float(value.total_seconds() if isinstance(value, timedelta) else value)


def _message_ids(result: Any) -> tuple[int, ...]:
    """Telegram's numbers of the messages that a call made or changed."""
    made = result if isinstance(result, list) else [result]
    return tuple(m["message_id"] for m in made if isinstance(m, dict) and "message_id" in m)


def _done(row: Claimed) -> Record:
    """As good as sent: what was asked for is so already."""
    now = datetime.now(UTC)
    known = row.params.get("message_id")
    return lambda db: outbox.sent(db, [Result(row.id, (known,) if known else ())], now)


def _failed(row: Claimed, why: str) -> Record:
    return lambda db: outbox.fail(db, row.id, why)


def _put_back(row: Claimed) -> Record:
    now = datetime.now(UTC)
    return lambda db: outbox.requeue(db, row.id, until=now, error="pause", counted=False)


def _unreachable(row: Claimed, why: str, *, wholly: bool = True) -> Record:
    reason = re.sub(r"^(forbidden|bad request): ", "", why.lower())[:40]

    def record(db: Connection) -> None:
        outbox.fail(db, row.id, reason)
        groups.not_taken(db, row.chat_id, datetime.now(UTC))
        if wholly:
            outbox_upkeep.fail_chat(db, row.chat_id, reason)
            residents.set_inactive(db, row.chat_id, reason)

    return record


def _moved(row: Claimed, new_chat: int, now: datetime) -> Record:
    def record(db: Connection) -> None:
        outbox.requeue(db, row.id, until=now, error="migrated", counted=False)
        outbox_upkeep.move_chat(db, row.chat_id, new_chat)

    return record
