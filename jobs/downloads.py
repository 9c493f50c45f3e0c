"""Downloads of photos and voice notes into the media folder: slow work of the kind "download"."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from telegram import Bot

from jobs.transport import call
from services import photo_hashes
from storage import Connection, outcome, tasks, ticket_files, tickets
from storage.database import Database
from storage.tasks import Task

SUFFIX = re.compile(r"^\.[a-z0-9]{1,5}$")
ACTIVITIES = "gotong_royong"  # folder of its photos: no name in it fits NUMBERED
NUMBERED = re.compile(r"-[a-z]+-(\d+)(?:\.|$)")  # whatever kind it is of


class Downloads:
    """Fetches what people sent. Doing a task twice is harmless."""

    def __init__(self, database: Database, bot: Bot, media_folder: Path) -> None:
        self._database = database
        self._bot = bot
        self._folder = media_folder

    async def do(self, task: Task) -> None:
        """Keep one photo or voice note as a file with its checksum."""
        medium_id = int(task.payload["medium_id"])
        medium, number = await self._database.read(lambda db: _medium(db, medium_id))
        if medium is None:  # its sender deleted his data meanwhile, perhaps after it was written
            await asyncio.to_thread(remove_media, self._folder, [medium_id])
            await self._database.write(lambda db: tasks.finish(db, task.id))
            return
        content, suffix = await self._fetch(medium.file_id)
        path = f"{number[4:8]}/{number}-{medium.kind}-{medium_id}{suffix}"
        await asyncio.to_thread(keep_file, self._folder / path, content)

        def record(db: Connection) -> bool:
            tasks.finish(db, task.id)
            if medium.kind in ticket_files.PHOTOS:
                photo_hashes.look_later(db, medium_id, datetime.now(UTC))
            return ticket_files.keep_medium(
                db,
                medium_id,
                path=path,
                sha256=hashlib.sha256(content).hexdigest(),
                size=len(content),
            )

        if not await self._database.write(record):
            await asyncio.to_thread(remove_media, self._folder, [medium_id])

    async def _fetch(self, file_id: str) -> tuple[bytes, str]:
        """What Telegram keeps under an id, and the ending of its name."""
        file = await call(self._bot, "getFile", {"file_id": file_id})
        content = await self._bot.request.retrieve(
            f"{self._bot.base_file_url}/{file['file_path']}"
        )
        suffix = PurePosixPath(file["file_path"]).suffix.lower()
        return content, suffix if SUFFIX.match(suffix) else ""

    async def do_outcome(self, task: Task) -> None:
        """Keep one photo of gotong royong the same way."""
        photo_id = int(task.payload["photo_id"])
        photo = await self._database.read(lambda db: outcome.photo(db, photo_id))
        if photo is None:  # taken back meanwhile
            await self._discard_outcome(task, [photo_id])
            return
        content, suffix = await self._fetch(photo.file_id)
        path = f"{ACTIVITIES}/{photo.moment}_{photo_id}{suffix}"
        await asyncio.to_thread(keep_file, self._folder / path, content)
        sha256, size = hashlib.sha256(content).hexdigest(), len(content)

        def record(db: Connection) -> bool:
            tasks.finish(db, task.id)
            return outcome.keep_photo(db, photo_id, path=path, sha256=sha256, size=size)

        if not await self._database.write(record):
            await asyncio.to_thread(remove_outcome, self._folder, [photo_id])

    async def discard_outcome(self, task: Task) -> None:
        """Remove the files of photos of gotong royong that were taken back or are too old."""
        await self._discard_outcome(task, task.payload["photos"])

    async def _discard_outcome(self, task: Task, ids: Collection[int]) -> None:
        await asyncio.to_thread(remove_outcome, self._folder, ids)
        await self._database.write(lambda db: tasks.finish(db, task.id))

    async def discard(self, task: Task) -> None:
        """Remove the files of what its sender took out again."""
        await asyncio.to_thread(remove_media, self._folder, task.payload["media"])
        await self._database.write(lambda db: tasks.finish(db, task.id))


def _medium(db: Connection, medium_id: int) -> tuple[Any, str]:
    medium = ticket_files.medium(db, medium_id)
    if medium is None:
        return None, ""
    ticket = tickets.get(db, medium.ticket_id)
    assert ticket is not None
    return medium, ticket.number


def remove_media(folder: Path, ids: Collection[int]) -> None:
    """Remove the files of photos and voice notes, whole or half-written; doing it twice is fine.

    They are found by the id at the end of their names, which is never given a second time.
    """
    for path in folder.glob("*/*-*-*-*"):
        match = NUMBERED.search(path.name)
        if match is not None and int(match[1]) in ids:
            path.unlink(missing_ok=True)


def remove_outcome(folder: Path, ids: Collection[int]) -> None:
    """Remove the files of photos of gotong royong; doing it twice is fine."""
    for photo_id in ids:
        for path in (folder / ACTIVITIES).glob(f"*_{photo_id}*"):
            if path.name.partition(".")[0].endswith(f"_{photo_id}"):
                path.unlink(missing_ok=True)


def keep_file(path: Path, content: bytes) -> None:
    """Write a file so that it is either there whole, safe on the disk, or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    with part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    put_in_place(part, path)


def put_in_place(part: Path, path: Path) -> None:
    """Give a file that is whole and on the disk its name, and get that on the disk as well."""
    part.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
