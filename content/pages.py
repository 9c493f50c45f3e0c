"""Pages about the programme: `content/<language>/topik/<slug>.md`, made ready for Telegram.

Each is converted once, when it is read, into text and entities; a changed page is read anew
while the bot runs (jobs/reload.py).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from telegramify_markdown import RenderConfig, convert

from config import Kelurahan
from content import lessons, page_source
from content.lessons import Lesson
from content.page_source import GROUPS, TOPIC, Source
from content.phrases import CONTENT, MAX_TEXT, ContentError, utf16_length

FOLDER = "topik"
MAX_ENTITIES = 100  # Bot API: a message shows no more
FRAME_LENGTH, FRAME_ENTITIES = 200, 4  # title, "Sumber" and "Diperiksa" around the text

Stamp = Mapping[str, tuple[int, int]]  # file name: time of change in ns, bytes


@dataclass(frozen=True)
class Part:
    """Text with its entities, as the Bot API takes both."""

    text: str
    entities: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class Page:
    """One topic, ready to be shown."""

    slug: str
    title: str
    label: str  # of its button
    group: str
    order: int
    keywords: tuple[str, ...]
    questions: tuple[str, ...]  # as people ask them
    sources: tuple[str, ...]
    reviewed: date
    related: tuple[str, ...]  # slugs
    first: Part
    whole: Part  # the first part and the rest

    @property
    def has_more(self) -> bool:
        """Whether there is a rest to read."""
        return self.first != self.whole


@dataclass(frozen=True)
class Pages:
    """All pages and lessons of a language by slug, and how their files looked when read."""

    by_slug: Mapping[str, Page]
    stamp: Stamp
    lessons: Mapping[str, Lesson] = field(default_factory=dict)

    def get(self, slug: str) -> Page | None:
        """The page of that name, if there is one."""
        return self.by_slug.get(slug)

    def of(self, group: str) -> list[Page]:
        """The pages of a group in their order."""
        found = [page for page in self.by_slug.values() if page.group == group]
        return sorted(found, key=lambda page: (page.order, page.slug))

    def groups(self) -> list[str]:
        """Groups that have a page."""
        return [group for group in GROUPS if self.of(group)]

    def related(self, page: Page) -> list[Page]:
        """Pages to read after this one; one that is gone meanwhile is left out."""
        return [self.by_slug[slug] for slug in page.related if slug in self.by_slug]


@dataclass
class Shelf:
    """Where the present pages lie; they are replaced as a whole, never changed."""

    current: Pages


def load(kelurahan: Kelurahan, language: str = "id") -> Pages:
    """Read all pages and lessons; the kelurahan's names stand where the pages say {kelurahan}.

    Raises:
        ContentError: naming every mistake of every page, with file and line, and of every lesson.
    """
    seen = stamp(language)
    pages, mistakes = _read(kelurahan, language)
    taught, wrong = lessons.read(CONTENT / language, {*pages, *mistakes})
    if mistakes or wrong or not pages:
        nothing = [f"{CONTENT / language / FOLDER}: there are no pages"]
        raise ContentError(_all(mistakes, wrong) or nothing)
    return Pages(pages, seen, taught)


def _all(*mistakes: Mapping[str, list[str]]) -> list[str]:
    return [one for found in mistakes for slug in sorted(found) for one in found[slug]]


def reload(old: Pages, kelurahan: Kelurahan, language: str = "id") -> tuple[Pages, list[str]]:
    """Read all pages and lessons anew; a broken one stays as it was. Gives them and mistakes."""
    seen = stamp(language)
    pages, mistakes = _read(kelurahan, language)
    kept = {slug: page for slug in mistakes if (page := old.get(slug)) is not None}
    if not pages and not mistakes:  # the folder is being replaced
        nothing = [f"{CONTENT / language / FOLDER}: there are no pages"]
        return Pages(old.by_slug, seen, old.lessons), nothing
    pages |= kept
    taught, wrong = lessons.read(CONTENT / language, pages)
    taught |= {slug: old.lessons[slug] for slug in wrong if slug in old.lessons}
    return Pages(pages, seen, taught), _all(mistakes, wrong)


def stamp(language: str = "id") -> Stamp:
    """How the files of pages and lessons look now, to see whether one was changed."""
    found = {}
    for path in (*_files(language), *lessons.files(CONTENT / language)):
        try:
            state = path.stat()
        except OSError:  # removed a moment ago
            continue
        found[path.name] = (state.st_mtime_ns, state.st_size)
    return found


def _files(language: str) -> list[Path]:
    return sorted((CONTENT / language / FOLDER).glob("*.md"))


def _read(kelurahan: Kelurahan, language: str) -> tuple[dict[str, Page], dict[str, list[str]]]:
    """Pages without a mistake, and the mistakes of the others, by slug."""
    sources = [page_source.read(path) for path in _files(language)]
    _compare(sources)
    pages = {}
    for source in sources:
        if not source.found:
            page = _page(source, kelurahan)
            _measure(source, page)
            pages[source.slug] = page
    mistakes = {source.slug: source.mistakes for source in sources if source.found}
    return {slug: page for slug, page in pages.items() if slug not in mistakes}, mistakes


def _compare(sources: list[Source]) -> None:
    """What only shows between pages: links that lead nowhere, an order given twice."""
    known = {source.slug for source in sources}
    taken: dict[str, str] = {}
    for source in sources:
        related = source.values.get("related", [])
        for slug in related if isinstance(related, list) else []:
            if slug not in known or slug == source.slug:
                source.note("related", f"there is no other page {slug}")
        for line, slug in source.links:
            if slug not in known:
                source.found.append((line, f"there is no page {TOPIC}{slug}"))
        if {"group", "order"} <= source.values.keys():
            place = f"{source.values['order']} in {source.values['group']}"
            if place in taken:
                source.note("order", f"{place} is taken by {taken[place]}")
            taken.setdefault(place, source.path.name)


def _page(source: Source, kelurahan: Kelurahan) -> Page:
    values = source.values
    return Page(
        slug=source.slug,
        title=values["title"],
        label=values.get("label", values["title"]),
        group=values["group"],
        order=values["order"],
        keywords=tuple(values["keywords"]),
        questions=tuple(values["questions"]),
        sources=tuple(values["sources"]),
        reviewed=values["reviewed"],
        related=tuple(values.get("related", ())),
        first=_converted(source.first, kelurahan),
        whole=_converted(source.whole, kelurahan),
    )


def _measure(source: Source, page: Page) -> None:
    """A page must fit one message, with its title and its sources."""
    frame = utf16_length(page.title + "; ".join(page.sources)) + FRAME_LENGTH
    length = utf16_length(page.whole.text) + frame
    if length > MAX_TEXT:
        source.found.append((1, f"is {length - MAX_TEXT} characters too long for one message"))
    count = len(page.whole.entities) + FRAME_ENTITIES
    if count > MAX_ENTITIES:
        words = f"has {count - MAX_ENTITIES} bold words, links and the like too many"
        source.found.append((1, words))


def _converted(markdown: str, kelurahan: Kelurahan) -> Part:
    """Markdown as text and entities. A link to another page is shown as plain words."""
    text, entities = convert(
        _filled(markdown, kelurahan), latex_escape=False, config=_plain_signs()
    )
    shown = [e.to_dict() for e in entities if not (e.url or "").startswith(TOPIC)]
    return Part(text.rstrip(), tuple(shown))


def _filled(markdown: str, kelurahan: Kelurahan) -> str:
    """The text with what is configured, and without the lines that name what is not."""
    values = {
        "kelurahan": kelurahan.name,
        "kecamatan": kelurahan.kecamatan,
        "kota": kelurahan.kota,
        "alamat": kelurahan.address,
        "jam": kelurahan.hours,
        "telepon": kelurahan.phone,
    }
    known = {name: _plain(value) for name, value in values.items() if value.strip()}
    lines = [line for line in markdown.split("\n") if not page_source.left_out(line, known)]
    return page_source.NAMED.sub(lambda found: known.get(found[1], ""), "\n".join(lines))


def _plain(value: str) -> str:
    """A configured text with every sign made harmless that could mean something in Markdown."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", " ".join(value.split()))


def _plain_signs() -> RenderConfig:
    """Bold headings without little pictures, lists with a round dot."""
    config = RenderConfig.isolated()
    for level in range(1, 7):
        setattr(config.markdown_symbol, f"heading_level_{level}", "")
    config.markdown_symbol.unordered_list_item = "•"
    return config
