"""What staff change while the bot runs, pages and ready answers: right ones are taken.

Broken ones are told.
"""

from __future__ import annotations

import asyncio
import logging

from content import examples, pages, replies
from content.phrases import ContentError
from handlers.world import World
from jobs.failures import describe
from jobs.signals import wait
from jobs.watchdog import Pulse
from services import ready, understanding
from storage import questions as stored
from storage.database import Database

log = logging.getLogger("pages")
SECONDS = 5.0  # an editor who saves and looks should see it


class Reload:
    """Looks at the files' times; a broken page stays as it was, its mistake is told once."""

    def __init__(self, world: World, database: Database, pulse: Pulse) -> None:
        self._world = world
        self._database = database
        self._shelf = world.pages
        self._kelurahan = world.settings.kelurahan
        self._pulse = pulse
        self._told: set[str] = set()
        self._broken: replies.Stamp = None  # of the ready answers that were told as broken
        self._added: list[tuple[str, str]] = []  # questions that staff gave to pages

    async def run(self, stop: asyncio.Event) -> None:
        """Learn, and look until told to stop; outside the loop of the process."""
        is_new = True
        while not stop.is_set():
            self._pulse.beat("reload")
            try:
                await asyncio.to_thread(self.look_at_replies)
                added = await self._database.read(stored.of_pages)
                if await asyncio.to_thread(self.look) or added != self._added or is_new:
                    self._added, is_new = added, True  # until it is learned
                    await asyncio.to_thread(self.learn)
                    is_new = False
            except Exception as error:
                log.error("pages not read, the next look tries again: %s", describe(error))
            await wait(stop, SECONDS)

    def look(self) -> bool:
        """Replace the pages if a file was changed; whether one is another now."""
        old = self._shelf.current
        if pages.stamp() == old.stamp:
            return False
        new, mistakes = pages.reload(old, self._kelurahan)
        self._shelf.current = new
        for mistake in mistakes:
            if mistake not in self._told:
                log.warning("page not taken, the old one stays: %s", mistake)
        self._told = set(mistakes)
        slugs = {*old.by_slug, *new.by_slug}
        changed = sorted(slug for slug in slugs if old.get(slug) != new.get(slug))
        if changed:
            log.info("pages changed: %s", ", ".join(changed))
        slugs = {*old.lessons, *new.lessons}
        taught = sorted(s for s in slugs if old.lessons.get(s) != new.lessons.get(s))
        if taught:
            log.info("lessons changed: %s", ", ".join(taught))
        return bool(changed)

    def look_at_replies(self) -> None:
        """Replace the ready answers if their file was changed; a broken one is told once."""
        rack, seen = self._world.replies, replies.stamp()
        if seen in (rack.current.stamp, self._broken):
            return
        try:
            rack.current = replies.load(ready.PURPOSES)
        except ContentError as error:
            self._broken = seen
            for mistake in error.mistakes:
                log.warning("ready answers not taken, the old ones stay: %s", mistake)
        else:
            log.info("ready answers changed")

    def learn(self) -> None:
        """Learn from the pages, the example files, and the questions that staff added."""
        pages = self._shelf.current.by_slug.values()
        found = understanding.examples_of(pages, examples.load(), self._added)
        self._world.understanding.learn(found, self._world.vocabulary)
