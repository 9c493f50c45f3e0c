"""`bot.py restore`: puts an archive of `bot.py backup` back, on this machine or another one."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path, PurePosixPath
from typing import IO, Any

from config import Settings
from jobs.backup import FORMAT, MANIFEST, MEDIA, Outcome, Summed
from jobs.failures import Stop
from storage import DatabaseError, backups
from storage.database import lock_sqlite, sqlite_path
from storage.schema import head, migrate

LONGEST_MANIFEST = 64 * 1024


def restore(settings: Settings, archive: Path) -> Outcome:
    """Put database and media back where nothing is yet; brings an older database up to date.

    What is not as its row says is reported and the rest restored. If the database itself is
    not whole, nothing is left behind.

    Raises:
        Stop, BackupError, DatabaseBusy: nothing was restored; one sentence for the operator.
    """
    url, folder = settings.database.url, settings.media.folder
    sqlite = backups.is_sqlite(url)
    with lock_sqlite(sqlite_path(url)) if sqlite else nullcontext():
        _require_room(url, folder)
        beside = sqlite_path(url) if sqlite else folder
        copy = beside.with_name(beside.name + ".restoring")
        with _all_or_nothing(folder, copy):
            manifest = _extract(archive, backups.database_name(url), copy, folder)
            if sqlite:
                wrong = _check_sqlite(copy, folder, archive)
                os.sync()  # files first: a database that is in place is complete
                copy.rename(sqlite_path(url))
            else:
                os.sync()
                backups.put_back_postgres(url, copy)
        if not sqlite:
            copy.unlink()
            wrong = _wrong_files(url, folder)
        os.sync()
    if manifest["revision"] != head():
        migrate(url)
    return Outcome(
        f"Restored the database and {manifest['files']} files as of {manifest['saved_at']};"
        f" the database is at revision {head()}.",
        wrong,
    )


def _require_room(url: str, folder: Path) -> None:
    backups.require_empty(url)
    if folder.exists() and any(folder.iterdir()):
        raise Stop(f"{folder} (media.folder) is not empty; move what is in it away first.")


@contextmanager
def _all_or_nothing(folder: Path, copy: Path) -> Iterator[None]:
    """If anything fails, the media folder is as empty as it was."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        yield
    except BaseException:
        copy.unlink(missing_ok=True)
        for entry in folder.iterdir():
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        raise


def _extract(archive: Path, database: str, copy: Path, folder: Path) -> dict[str, Any]:
    """Unpack what a backup holds and nothing else; gives the manifest."""
    try:
        with tarfile.open(archive, "r:") as tar:
            return _members(tar, archive, database, copy, folder)
    except (tarfile.TarError, ValueError, KeyError, TypeError):
        raise Stop(f"{archive} is no whole backup of this bot; nothing was restored.") from None


def _members(
    tar: tarfile.TarFile, archive: Path, database: str, copy: Path, folder: Path
) -> dict[str, Any]:
    found_sum: str | None = None
    while (member := tar.next()) is not None:
        content = tar.extractfile(member) if member.isreg() else None
        target = _target(member.name, folder)
        if content is not None and member.name == MANIFEST:
            return _fitting(content.read(LONGEST_MANIFEST), archive, database, found_sum)
        if content is not None and member.name == database:
            found_sum = _write(copy, content)
        elif content is not None and target is not None and not target.exists():
            _write(target, content)
        else:
            raise Stop(
                f"{archive} holds {member.name!r}, which does not fit this configuration;"
                " nothing was restored."
            )
    raise Stop(f"{archive} is not complete: its end is missing; nothing was restored.")


def _target(name: str, folder: Path) -> Path | None:
    """Where a media file belongs; None for a name that would lead anywhere else.

    Debian 12's Python has no extraction filters in tarfile: only plain files are made, by
    ourselves, under names without a way up.
    """
    way = PurePosixPath(name.removeprefix(MEDIA))
    fits = name.startswith(MEDIA) and way.parts and not way.is_absolute() and "\0" not in name
    return folder / way if fits and ".." not in way.parts else None


def _write(target: Path, content: IO[bytes]) -> str:
    """Write a file of the archive and give its checksum."""
    target.parent.mkdir(parents=True, exist_ok=True)
    summed = Summed(content)
    with target.open("wb") as file:
        shutil.copyfileobj(summed, file)
    return summed.sha256


def _fitting(body: bytes, archive: Path, database: str, found_sum: str | None) -> dict[str, Any]:
    """The manifest, if this version can use what it describes."""
    manifest: dict[str, Any] = json.loads(body)
    if manifest["format"] > FORMAT or (manifest["revision"] or "") > head():
        raise Stop(f"{archive} was made by a newer version of the bot; install that one first.")
    if manifest["database"] != database or manifest["database_sha256"] != found_sum:
        raise Stop(f"the database in {archive} is damaged; nothing was restored.")
    return manifest


def _check_sqlite(copy: Path, folder: Path, archive: Path) -> list[str]:
    found = backups.faults(copy)
    if found:
        raise Stop(f"the database in {archive} is damaged ({found[0]}); nothing was restored.")
    return _wrong_files(f"sqlite:///{copy.absolute()}", folder)


def _wrong_files(url: str, folder: Path) -> list[str]:
    """A sentence for every file that is not on the disk as its row says."""
    wrong = []
    try:
        with backups.opened(url) as db:
            for kept in backups.kept_files(db):
                path = folder / kept.path
                if not path.is_file():
                    wrong.append(f"{path}: is missing in the archive.")
                elif _sum_of(path) != kept.sha256:
                    wrong.append(f"{path}: is not what was once received.")
    except DatabaseError as error:
        raise Stop(f"the restored database cannot be read ({type(error).__name__}).") from None
    return wrong


def _sum_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
