"""What photos look like: slow work of the kind "photo_hash", after a photo was kept as a file."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from pathlib import Path

from handlers import proof
from handlers.unit import Unit
from handlers.world import World
from jobs.failures import describe
from jobs.signals import Signals
from services import photo_hashes as rules
from services.photo_hashes import Alike
from storage import Connection, photo_hashes, tasks, ticket_files
from storage.database import Database
from storage.tasks import Task

log = logging.getLogger("photos")
FORMATS = ("JPEG", "PNG", "WEBP")  # what Telegram sends as a photo, and what people send as a file
SIDE = 8  # points of a hash in each direction
DECODED = 256  # points in each direction that a JPEG is decoded to, at least
MOST_PIXELS = 12_500_000  # that are decoded; more would take too much memory
FLATTEST = 8  # shades of grey: a picture with fewer, such as one of the night, looks like any


class PhotoHashes:
    """Looks at photos and says which proofs show an old one. Doing a task twice is harmless."""

    def __init__(self, database: Database, world: World, signals: Signals) -> None:
        self._database = database
        self._world = world
        self._signals = signals

    async def do(self, task: Task) -> None:
        """Look at one photo; one that cannot be read is compared by its checksum alone."""
        medium_id = int(task.payload["medium_id"])
        medium = await self._database.read(lambda db: ticket_files.medium(db, medium_id))
        if medium is None or medium.path is None:  # deleted meanwhile
            await self._database.write(lambda db: tasks.finish(db, task.id))
            return
        path = self._world.settings.media.folder / medium.path
        phash = await asyncio.to_thread(hash_of, path)
        await self._database.write(lambda db: photo_hashes.keep(db, medium_id, phash))
        one = await self._database.read(lambda db: photo_hashes.get(db, medium_id))
        alike = await self._database.read(lambda db: rules.found(db, one)) if one else []
        await self._database.write(lambda db: self._tell(db, task, alike))
        self._signals.outgoing.set()

    def _tell(self, db: Connection, task: Task, alike: list[Alike]) -> None:
        if not tasks.finish(db, task.id):
            return
        now = datetime.now(UTC)
        unit = Unit.of_bot(db, self._world, now)
        for one in alike:
            if rules.note(db, one, now):
                proof.tell_alike(unit, one)


def hash_of(path: Path) -> str | None:
    """What a picture looks like: 64 bits as hex digits. Copies of it differ in few of them.

    None for a file that is no picture, is broken or too large, or shows next to nothing.
    """
    import dhash  # these two take memory that a bot without photos never needs
    from PIL import Image, ImageOps

    try:
        with Image.open(path, formats=FORMATS) as image:
            image.draft("L", (DECODED, DECODED))  # of a JPEG less is decoded
            if image.width * image.height > MOST_PIXELS:
                return None
            upright = ImageOps.exif_transpose(image.convert("L"))
            small = upright.resize((SIDE + 1, SIDE + 1), Image.Resampling.LANCZOS)
    except Exception as error:  # decoders of broken files raise whatever they like
        log.info("a photo cannot be compared: %s", describe(error))
        return None
    shades = list(small.tobytes())
    if max(shades) - min(shades) < FLATTEST:
        return None
    across, _down = dhash.dhash_row_col(shades, SIDE)
    return f"{across:016x}"
