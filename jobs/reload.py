"""Pages that staff change while the bot runs: right ones are taken, broken ones are told."""

from __future__ import annotations

import asyncio
import logging

from content import examples, pages
from handlers.world import World
from jobs.failures import describe
from jobs.signals import wait
from jobs.watchdog import Pulse
from services import understanding

log = logging.getLogger("pages")
SECONDS = 5.0  # an editor who saves and looks should see it


class Reload:
    """Looks at the files' times; a broken page stays as it was, its mistake is told once."""

    def __init__(self, world: World, pulse: Pulse) -> None:
        self._world = world
        self._shelf = world.pages
        self._kelurahan = world.settings.kelurahan
        self._pulse = pulse
        self._told: set[str] = set()

    async def run(self, stop: asyncio.Event) -> None:
        """Learn, and look until told to stop; outside the loop of the process."""
        await asyncio.to_thread(self.learn)
        while not stop.is_set():
            self._pulse.beat("reload")
            await wait(stop, SECONDS)
            try:
                await asyncio.to_thread(self.look)
            except Exception as error:
                log.error("pages not read, the next look tries again: %s", describe(error))

    def look(self) -> None:
        """Replace the pages if a file was changed."""
        old = self._shelf.current
        if pages.stamp() == old.stamp:
            return
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
            self.learn()

    def learn(self) -> None:
        """Learn from the questions of the pages and from the example files."""
        pages = self._shelf.current.by_slug.values()
        found = understanding.examples_of(pages, examples.load())
        self._world.understanding.learn(found, self._world.vocabulary)
