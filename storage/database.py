"""Opening the database, and the one way to read and write it: whole functions, each a transaction.

`write(work)` runs `work(connection)` in one transaction. On SQLite all writes go through one
connection in aiosqlite's own thread; what waits together shares one commit, each in its own
savepoint. On PostgreSQL a small pool of threads does the same with psycopg, one transaction each.
`read(work)` uses a connection that cannot write.
"""

from __future__ import annotations

import asyncio
import fcntl
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any, Protocol, TypeVar
from urllib.parse import quote

import aiosqlite
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.pool import StaticPool

T = TypeVar("T")
Work = Callable[[Connection], T]

SHARED_COMMIT = 64  # units that may share one commit on SQLite
READERS = 2
BUSY = "busy_timeout=5000"
PRAGMAS = f"journal_mode=WAL synchronous=FULL {BUSY} foreign_keys=ON secure_delete=ON"


class DatabaseBusy(Exception):
    """Another process already writes this SQLite file."""


class Database(Protocol):
    """What the jobs need of a database, whichever engine it is."""

    async def write(self, work: Work[T]) -> T:
        """Run `work` in one transaction; an exception rolls back this work alone."""

    async def read(self, work: Work[T]) -> T:
        """Run `work` on a connection that cannot write."""

    async def empty_wal(self) -> bool:
        """Let deleted text leave the disk; False if a reader is in the way and it is to be tried
        again."""

    async def close(self) -> None:
        """Finish what is queued and let go of every connection."""


async def open_database(url: str) -> Database:
    """Open the database of `url` for this process.

    Raises:
        DatabaseBusy: the SQLite file is in use by another process.
    """
    if url.startswith("sqlite"):
        return await SqliteDatabase.open(sqlite_path(url))
    from storage.postgres import PostgresDatabase

    return PostgresDatabase(url)


def sqlite_path(url: str) -> Path:
    """The file of a sqlite:/// address."""
    return Path(make_url(url).database or "")


def open_reader(url: str) -> Engine:
    """An engine that can only read: for exports and checks, also beside a running bot."""
    if url.startswith("sqlite"):
        path = sqlite_path(url).absolute()
        address = f"sqlite:///file:{quote(str(path))}?mode=ro&uri=true"
        engine = create_engine(address, hide_parameters=True)
        event.listen(engine, "connect", _set_up_reader)
        return engine
    return create_engine(
        psycopg_url(url),
        execution_options={"postgresql_readonly": True},
        pool_size=READERS,
        hide_parameters=True,  # an error must not log what a person wrote
    )


def lock_sqlite(path: Path) -> IO[str]:
    """Claim the only right to write this SQLite file; released when the handle closes.

    SQLite before 3.51.3 can corrupt a WAL database that two connections write at the same
    instant (https://sqlite.org/wal.html#walresetbug), so a second process is kept out.

    Raises:
        DatabaseBusy: another process holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = path.with_name(path.name + ".lock").open("w")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        handle.close()
        raise DatabaseBusy(f"{path} is in use by another bot process; stop it first.") from None
    return handle


def sqlite_warning() -> str | None:
    """One sentence if this SQLite library has the WAL-reset bug, with the remedy; else None.

    Fixed in 3.51.3 and in the backports 3.50.7 and 3.44.6 (sqlite.org/wal.html#walresetbug).
    """
    version = sqlite3.sqlite_version_info
    backports = {(3, 50): (3, 50, 7), (3, 44): (3, 44, 6)}
    if version >= backports.get(version[:2], (3, 51, 3)):
        return None
    return (
        f"SQLite {sqlite3.sqlite_version} can damage a database that two programs write at the"
        " same instant; this bot keeps to one writer, so do not write the file with other"
        " programs while it runs, or install SQLite 3.51.3 or newer."
    )


def psycopg_url(url: str) -> str:
    """The address with the driver that we use named in it."""
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


def _set_up_writer(connection: sqlite3.Connection) -> None:
    connection.isolation_level = None  # SQLAlchemy's BEGIN below is the only one
    for pragma in PRAGMAS.split():
        connection.execute(f"PRAGMA {pragma}")


def _set_up_reader(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA query_only=ON")
    connection.execute("PRAGMA busy_timeout=5000")


def _leave_nothing(connection: sqlite3.Connection) -> bool:
    """Write the file anew, as `secure_delete` leaves bytes in the gap of a page that was rebuilt,
    and cut the log; False if a reader needs it. 50 MB take a second, in which nobody writes."""
    if not _cut_wal(connection):
        return False
    connection.execute("VACUUM")
    return _cut_wal(connection)


def _cut_wal(connection: sqlite3.Connection) -> bool:
    """Cut the write-ahead log, unless a reader needs it: nobody waits for that reader here."""
    connection.execute("PRAGMA busy_timeout=0")
    try:
        [(busy, _, _)] = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    except sqlite3.OperationalError:
        return False
    finally:
        connection.execute(f"PRAGMA {BUSY}")
    return not busy


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


class WriterConnection(aiosqlite.Connection):
    """An aiosqlite connection that runs a whole function in its own thread."""

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Hand `work` to the thread and wait for what it returns."""
        result: T = await self._execute(work, self._conn)  # type: ignore[no-untyped-call]
        return result


Job = tuple[Work[Any], "asyncio.Future[Any]"]


class SqliteDatabase:
    """One writing connection in one thread; readers beside it in WAL mode."""

    def __init__(self, lock: IO[str], raw: WriterConnection, writer: Connection, path: Path):
        self._lock = lock
        self._raw = raw
        self._writer = writer
        self._readers = open_reader(f"sqlite:///{path}")
        self._reader_threads = ThreadPoolExecutor(READERS, thread_name_prefix="reader")
        self._jobs: asyncio.Queue[Job | None] = asyncio.Queue()
        self._pump = asyncio.create_task(self._run_jobs())

    @classmethod
    async def open(cls, path: Path) -> SqliteDatabase:
        """Lock the file and open its writer.

        Raises:
            DatabaseBusy: another process writes it.
        """
        lock = lock_sqlite(path)
        raw = WriterConnection(
            lambda: sqlite3.connect(path, check_same_thread=False), iter_chunk_size=64
        )
        await raw
        writer = await raw.run(_writer_engine)
        return cls(lock, raw, writer, path)

    async def write(self, work: Work[T]) -> T:
        """See `Database.write`. A cancelled caller does not undo the work."""
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._jobs.put_nowait((work, done))
        return await asyncio.shield(done)

    async def read(self, work: Work[T]) -> T:
        """See `Database.read`."""
        loop = asyncio.get_running_loop()
        threads, engine = self._reader_threads, self._readers
        return await loop.run_in_executor(threads, in_transaction, engine, work)

    async def empty_wal(self) -> bool:
        """See `Database.empty_wal`: writes the file anew without the log, and cuts the log."""
        return await self._raw.run(_leave_nothing)

    async def close(self) -> None:
        """See `Database.close`; readers first, the writer's last close checkpoints."""
        self._jobs.put_nowait(None)
        await self._pump
        await asyncio.to_thread(self._reader_threads.shutdown)
        await asyncio.to_thread(self._readers.dispose)
        await self._raw.run(lambda _c: self._writer.close())
        await self._raw.close()
        self._lock.close()

    async def _run_jobs(self) -> None:
        open_ = True
        while open_:
            batch = [await self._jobs.get()]
            while len(batch) < SHARED_COMMIT and not self._jobs.empty():
                batch.append(self._jobs.get_nowait())
            open_ = None not in batch
            jobs = [job for job in batch if job is not None]
            if jobs:
                await self._share_commit(jobs)

    async def _share_commit(self, jobs: list[Job]) -> None:
        works = [work for work, _ in jobs]
        try:
            outcomes = await self._raw.run(lambda raw: _run_all(raw, self._writer, works))
        except Exception as error:  # the commit itself failed: nobody's work is kept
            outcomes = [(None, error)] * len(jobs)
        for (_, done), (result, failure) in zip(jobs, outcomes, strict=True):
            if isinstance(failure, StopIteration):  # a future refuses it, and would never end
                failure = RuntimeError("StopIteration")
            if failure is not None and not done.cancelled():
                done.set_exception(failure)
            elif not done.cancelled():
                done.set_result(result)


Outcome = tuple[Any, Exception | None]


def _writer_engine(raw: sqlite3.Connection) -> Connection:
    _set_up_writer(raw)
    engine = create_engine(
        "sqlite://", creator=lambda: raw, poolclass=StaticPool, hide_parameters=True
    )
    event.listen(engine, "begin", _begin_immediate)
    return engine.connect()


def _run_all(
    raw: sqlite3.Connection, connection: Connection, works: list[Work[Any]]
) -> list[Outcome]:
    """Run the works in one transaction; each that fails is undone alone.

    Savepoints go to the driver directly: through SQLAlchemy they cost as much as a query.
    """
    if raw.in_transaction:  # a commit that failed left it open
        raw.rollback()
    if len(works) == 1:  # its own transaction needs no savepoint
        try:
            with connection.begin():
                return [(works[0](connection), None)]
        except Exception as error:
            return [(None, error)]
    outcomes: list[Outcome] = []
    with connection.begin():
        for work in works:
            raw.execute("SAVEPOINT unit")
            try:
                outcomes.append((work(connection), None))
            except Exception as error:
                raw.execute("ROLLBACK TO unit")
                outcomes.append((None, error))
            raw.execute("RELEASE unit")
    return outcomes


def in_transaction(engine: Engine, work: Work[T]) -> T:
    """Run `work` in a transaction of its own."""
    with engine.begin() as connection:
        return work(connection)
