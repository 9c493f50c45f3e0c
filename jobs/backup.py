"""`bot.py backup`: database and media of a running bot in one archive.

The archive is a plain tar: photos are compressed already, a damaged byte costs one file and not
the rest, and any computer can open it. In this order it holds the database, the files that its
rows name, and `MANIFEST.json`, without which an archive is not complete.
"""

from __future__ import annotations

import fcntl
import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, NamedTuple

from config import Settings
from jobs.failures import Stop
from storage import Connection, backups
from storage.backups import KeptFile
from storage.schema import revision

FORMAT = 1  # of the archive; a higher one is not read by this version
MANIFEST = "MANIFEST.json"
MEDIA = "media/"
PIECE = 256 * 1024  # bytes read at once
FLUSH_BYTES = 8 * 1024 * 1024  # to the disk in small pieces, or the bot's commits wait for us


class Outcome(NamedTuple):
    """What was done, and a sentence for every file that is not as its row says."""

    done: str
    wrong: list[str]


class Summed:
    """A file whose checksum is known once it was read through."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._sum = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """Read on, and add to the checksum."""
        chunk = self._file.read(size)
        self._sum.update(chunk)
        return chunk

    @property
    def sha256(self) -> str:
        """The checksum of what was read so far."""
        return self._sum.hexdigest()


class _Steady:
    """Writes to a file and brings it to the disk bit by bit."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._waiting = 0

    def write(self, data: bytes) -> None:
        """Write on."""
        self._waiting += self._file.write(data)
        if self._waiting >= FLUSH_BYTES:
            self._file.flush()
            os.fdatasync(self._file.fileno())
            self._waiting = 0


def save(settings: Settings, out: Path) -> Outcome:
    """Write an archive of the database as it is now and the files that it names.

    Files are whole before a row names them, so the database is copied first. Memory does not
    grow with the archive. Nothing is left behind if it fails.

    Raises:
        Stop, BackupError: it cannot be made; one sentence for the operator.
    """
    if out.exists():
        raise Stop(f"{out} exists already; choose another name.")
    copy = out.with_name(out.name + ".part-database")
    with _part_of(out) as part:
        try:
            with backups.snapshot(settings.database.url, copy) as db:
                archive = _Archive(part)
                done, wrong = _fill(archive, settings, db, copy)
        finally:
            copy.unlink(missing_ok=True)
        part.flush()
        os.fsync(part.fileno())
        size = part.tell()
    return Outcome(f"{out}: {done}, {size / 1e6:.1f} MB.", wrong)


@contextmanager
def _part_of(out: Path) -> Iterator[IO[bytes]]:
    """`OUT.part`, which becomes OUT once it is whole, and is gone if it never is."""
    path = out.with_name(out.name + ".part")
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "r+b") as part:
        try:
            fcntl.flock(part, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Stop(f"another backup is writing {path}.") from None
        try:
            part.truncate(0)
            yield part
            if out.exists():
                raise Stop(f"{out} exists already; choose another name.")
            path.rename(out)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
    sync_folder(out.parent)


def sync_folder(path: Path) -> None:
    """Bring the names in a folder to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class _Archive:
    """A tar file that is only ever added to; tarfile's own writer would remember every name."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = _Steady(file)

    def add(self, name: str, file: IO[bytes], size: int) -> str:
        """Add a file and give its checksum."""
        info = tarfile.TarInfo(name)
        info.size, info.mode = size, 0o600
        info.mtime = int(datetime.now(UTC).timestamp())
        self._file.write(info.tobuf(tarfile.PAX_FORMAT))
        summed = Summed(file)
        left = size
        while left and (chunk := summed.read(min(left, PIECE))):
            self._file.write(chunk)
            left -= len(chunk)
        self._file.write(bytes(left + -size % tarfile.BLOCKSIZE))  # a file that shrank is filled
        return summed.sha256

    def close(self) -> None:
        """Write the end: two empty blocks."""
        self._file.write(bytes(2 * tarfile.BLOCKSIZE))


def _fill(
    archive: _Archive, settings: Settings, db: Connection, copy: Path
) -> tuple[str, list[str]]:
    saved_at = datetime.now(UTC)
    with copy.open("rb") as file:
        name = backups.database_name(settings.database.url)
        database_sum = archive.add(name, file, copy.stat().st_size)
    wrong: list[str] = []
    count = 0
    for kept in backups.kept_files(db):
        trouble = _add_kept(archive, settings.media.folder, kept)
        wrong += [f"{settings.media.folder / kept.path}: {trouble}"] if trouble else []
        count += trouble != MISSING
    manifest = {
        "format": FORMAT,
        "saved_at": saved_at.isoformat(timespec="seconds"),
        "revision": revision(db),
        "database": name,
        "database_sha256": database_sum,
        "files": count,
    }
    body = json.dumps(manifest, indent=1).encode()
    archive.add(MANIFEST, io.BytesIO(body), len(body))
    archive.close()
    return f"the database at revision {manifest['revision']} and {count} files", wrong


MISSING = "is missing; the archive is without it."
ALTERED = "is not what was once received; the archive has it as it is."


def _add_kept(archive: _Archive, folder: Path, kept: KeptFile) -> str | None:
    """Add one file of a resident; says what is wrong with it."""
    try:
        file = (folder / kept.path).open("rb")
    except FileNotFoundError:
        return MISSING
    with file:
        found = archive.add(MEDIA + kept.path, file, os.fstat(file.fileno()).st_size)
    return None if found == kept.sha256 else ALTERED
