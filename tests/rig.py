"""What the tests of an update's path share: bots that may fail, and rows put in by hand."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from conftest import Bot, Warga, settings_for
from sqlalchemy import Connection, select

from simulator import Simulator
from storage import outbox as rows
from storage.database import Database
from storage.outbox import Message
from storage.outbox_words import Lane
from storage.tables import outbox


def stranger_to_nobody(bot: Bot, number: int, name: str = "Siti") -> Warga:
    """A person to whom the bot may write although she has said nothing yet."""
    person = bot.person(number, name)
    person.person.chat.started = True
    return person


def database_of(bot: Bot) -> Database:
    """The database of a running bot."""
    runtime = bot._runtime
    assert runtime is not None
    assert runtime.database is not None
    return runtime.database


async def write(bot: Bot, work: Callable[[Connection], Any]) -> Any:
    """Run `work` as a transaction of the running bot."""
    return await database_of(bot).write(work)


def text_to(chat_id: int, text: str, lane: Lane = Lane.REPLY, **details: Any) -> Message:
    """A plain text message."""
    return Message(chat_id, "sendMessage", {"chat_id": chat_id, "text": text}, lane, **details)


async def queue(bot: Bot, *messages: Message) -> list[int]:
    """Put messages into the outbox in one transaction; gives their row ids."""

    def work(db: Connection) -> list[int]:
        now = datetime.now(UTC)
        return [rows.add(db, message, now) for message in messages]

    ids: list[int] = await write(bot, work)
    return ids


def row(bot: Bot, row_id: int) -> Any:
    """One row of the outbox."""
    return bot.rows(select(outbox).where(outbox.c.id == row_id))[0]


def refused(simulator: Simulator) -> list[str]:
    """What Telegram refused so far, and a clean sheet."""
    words = [refusal.description for refusal in simulator.refusals]
    simulator.refusals.clear()
    return words


def put_in_place(folder: Path, empty_database: Path) -> None:
    """Lay an empty, migrated database into a folder."""
    shutil.copy(empty_database, folder / "bantar.db")


@asynccontextmanager
async def another_bot(simulator: Simulator, folder: Path, **changes: Any) -> AsyncIterator[Bot]:
    """A bot that a test starts, and may see die, by itself; the folder holds its database."""
    made = Bot(simulator, settings_for(folder, simulator.url, **changes))
    try:
        yield made
    finally:
        if made._task is not None and not made._task.done():
            await made.stop()
        made.engine.dispose()
