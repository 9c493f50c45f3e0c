"""PostgreSQL as the database: transactions in a small pool of threads."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import Engine, create_engine

from storage.database import T, Work, in_transaction, open_reader, psycopg_url

POSTGRES_THREADS = 8


class PostgresDatabase:
    """Transactions in a small pool of threads over psycopg."""

    def __init__(self, url: str) -> None:
        self._engine = create_engine(
            psycopg_url(url),
            pool_size=POSTGRES_THREADS,
            max_overflow=0,
            pool_pre_ping=True,
            hide_parameters=True,
        )
        self._readers = open_reader(url)
        self._threads = ThreadPoolExecutor(POSTGRES_THREADS, thread_name_prefix="database")

    async def write(self, work: Work[T]) -> T:
        """See `Database.write`."""
        return await self._run(self._engine, work)

    async def read(self, work: Work[T]) -> T:
        """See `Database.read`."""
        return await self._run(self._readers, work)

    async def empty_wal(self) -> bool:
        """See `Database.empty_wal`: PostgreSQL cuts its log and sweeps its pages by itself."""
        return True

    async def close(self) -> None:
        """See `Database.close`."""
        await asyncio.to_thread(self._threads.shutdown)
        await asyncio.to_thread(self._engine.dispose)
        await asyncio.to_thread(self._readers.dispose)

    async def _run(self, engine: Engine, work: Work[T]) -> T:
        loop = asyncio.get_running_loop()
        outcome = loop.run_in_executor(self._threads, in_transaction, engine, work)
        return await asyncio.shield(outcome)
