"""Copies of the whole database for backups: taken beside a running bot, checked, put back."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from sqlalchemy import Connection, Engine, inspect, select
from sqlalchemy.engine import URL, make_url

from storage.database import open_reader, sqlite_path
from storage.tables import occurrence_media, ticket_media

FILES = (
    ticket_media,
    occurrence_media,
)  # every table whose rows name files: columns path and sha256
BATCH = 500  # rows read at once, so that memory does not grow with the archive
BESIDE = ("", "-wal", "-shm", "-journal")  # what may lie where a database is to be put


class BackupError(Exception):
    """A copy could not be taken or put back; the message is one sentence for the operator."""


class KeptFile(NamedTuple):
    """A file that a row names: its path below media.folder and its checksum."""

    path: str
    sha256: str


def is_sqlite(url: str) -> bool:
    """Whether an address is that of a SQLite file."""
    return url.startswith("sqlite")


def database_name(url: str) -> str:
    """What the database is called in an archive."""
    return "bantar.db" if is_sqlite(url) else "bantar.dump"


def kept_files(db: Connection) -> Iterator[KeptFile]:
    """All files that rows name; a database of an older version may lack some tables."""
    present = set(inspect(db).get_table_names())
    for table in FILES:
        if table.name in present:
            named = select(table.c.path, table.c.sha256).where(table.c.path.is_not(None))
            for row in db.execute(named.execution_options(yield_per=BATCH)):
                yield KeptFile(row.path, row.sha256)


@contextmanager
def snapshot(url: str, target: Path) -> Iterator[Connection]:
    """Copy the database into `target` and give a connection that sees exactly that copy.

    Nothing is written to the database itself, and its writer is not held up.

    Raises:
        BackupError: it cannot be read, or not be copied.
    """
    taken = _sqlite_snapshot if is_sqlite(url) else _postgres_snapshot
    with taken(url, target) as db:
        yield db


@contextmanager
def _sqlite_snapshot(url: str, target: Path) -> Iterator[Connection]:
    """SQLite's own backup in ONE step: a single read transaction, so it is consistent."""
    path = sqlite_path(url).absolute()
    if not path.exists():
        raise BackupError(f"{path} does not exist; there is nothing to save.")
    target.unlink(missing_ok=True)
    target.touch(mode=0o600)
    try:
        with closing(_read_only(path)) as source, closing(sqlite3.connect(target)) as copy:
            copy.execute("PRAGMA synchronous=OFF")  # it only passes into the archive
            source.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, whole in itself
    except sqlite3.Error as error:
        raise BackupError(f"{path} cannot be copied to {target.parent}: {error}.") from None
    with _reading(open_reader(f"sqlite:///{target.absolute()}")) as db:
        yield db


def _read_only(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)
    connection.execute("PRAGMA query_only=ON")
    connection.execute("PRAGMA busy_timeout=5000")
    return connection


@contextmanager
def _postgres_snapshot(url: str, target: Path) -> Iterator[Connection]:
    """pg_dump of an exported snapshot: the rows that are read here are those in the dump."""
    with _reading(open_reader(url)) as db:
        name = db.exec_driver_sql("SELECT pg_export_snapshot()").scalar_one()
        target.touch(mode=0o600)
        _run("pg_dump", url, "--format=custom", f"--snapshot={name}", f"--file={target}")
        yield db


@contextmanager
def _reading(engine: Engine) -> Iterator[Connection]:
    """One transaction that sees one state of the database from its first query on."""
    try:
        level = "SERIALIZABLE" if engine.dialect.name == "sqlite" else "REPEATABLE READ"
        with engine.connect().execution_options(isolation_level=level) as db:
            yield db
    finally:
        engine.dispose()


def faults(path: Path) -> list[str]:
    """What SQLite finds wrong with a database file; none if it is whole."""
    try:
        with closing(_read_only(path)) as db:
            found = [row[0] for row in db.execute("PRAGMA integrity_check(5)") if row[0] != "ok"]
            broken = len(db.execute("PRAGMA foreign_key_check").fetchall())
    except sqlite3.Error as error:
        return [str(error)]
    return found + ([f"{broken} rows refer to rows that are not there"] if broken else [])


def require_empty(url: str) -> None:
    """Make sure that nothing would be overwritten.

    A write-ahead log that lies about would be played into the database that is put there.

    Raises:
        BackupError: there is a database already.
    """
    if is_sqlite(url):
        path = sqlite_path(url)
        for there in (path.with_name(path.name + suffix) for suffix in BESIDE):
            if there.exists():
                raise BackupError(f"{there} exists already; move it away first.")
        return
    with _reading(open_reader(url)) as db:
        if inspect(db).get_table_names():
            raise BackupError("database.url: this PostgreSQL database is not empty.")


def put_back_postgres(url: str, dump: Path) -> None:
    """Fill an empty PostgreSQL database from a dump, wholly or not at all.

    Raises:
        BackupError: pg_restore is missing or refuses.
    """
    options = ("--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges")
    _run("pg_restore", url, *options, str(dump))


@contextmanager
def opened(url: str) -> Iterator[Connection]:
    """A database that was put back, to be read."""
    with _reading(open_reader(url)) as db:
        yield db


def _run(program: str, url: str, *arguments: str) -> None:
    """Run a program of PostgreSQL; the password goes by the environment, where `ps` sees none."""
    address: URL = make_url(url)
    environment = dict(os.environ)
    if address.password:
        environment["PGPASSWORD"] = str(address.password)
    plain = address._replace(password=None).render_as_string(hide_password=False)
    command = [program, f"--dbname={plain}", "--no-password", *arguments]
    try:
        done = subprocess.run(  # noqa: S603 - our own arguments, no shell
            command, env=environment, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        raise BackupError(
            f"{program} is not installed; install the PostgreSQL client programs of the"
            " server's version (Debian: apt-get install postgresql-client)."
        ) from None
    if done.returncode:
        told = done.stderr.strip().splitlines() or ["no reason given"]
        raise BackupError(f"{program} failed: {told[0]}")
