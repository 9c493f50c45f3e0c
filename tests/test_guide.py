"""The staff guide says what the bot says: its labels, pictures, links and columns are real."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from test_browser import programs as programs  # the fixture that skips without a browser

from content import phrases
from content.phrases import CONTENT, LABELS
from handlers.routes import Trigger
from handlers.table import ROUTES
from services.exports import EXPORTS, IN_CHAT
from services.participation import Activity

DOCS = Path(__file__).parent.parent / "docs"
GUIDE = DOCS / "panduan"
CODEBOOK = DOCS / "buku-kode.md"
PAGES = sorted(GUIDE.glob("*.md"))
MOST_LINES = 60
MOST_BYTES, MOST_BYTES_TOGETHER = 60_000, 2_000_000
PHRASES = phrases.load()
NAMES = [page.name for page in PAGES]


def text_of(name: str) -> str:
    return (GUIDE / name).read_text(encoding="utf-8")


def pictures_in(text: str) -> list[str]:
    return re.findall(r'src="gambar/([^"]+)"', text)


def links_in(text: str) -> list[str]:
    found = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'src="([^"]+)"', text)
    return [link for link in found if not link.startswith(("http", "#"))]


def patterns() -> Iterator[re.Pattern[str]]:
    """All labels that say something themselves, whatever the bot fills in."""
    with (CONTENT / "id" / "ui.po").open("rb") as file:
        catalog = read_po(file)
    for message in catalog:
        key, text = str(message.id), str(message.string)
        if LABELS.search(key) and re.search(r"\w", re.sub(r"\{\w+\}", "", text)):
            yield re.compile(".+".join(map(re.escape, re.split(r"\{\w+\}", text))))


LABELS_OF_THE_BOT = list(patterns())
COMMANDS = {f"/{route.name}" for route in ROUTES if route.trigger is Trigger.COMMAND}


def is_label(words: str) -> bool:
    """Whether a button of the bot says exactly that."""
    return any(label.fullmatch(words) for label in LABELS_OF_THE_BOT)


@pytest.mark.parametrize("name", NAMES)
def test_labels_in_the_guide_are_those_of_the_bot(name: str):
    """Whatever stands between backticks is a button of the bot or one of its commands."""
    labels = re.findall(r"`([^`]+)`", text_of(name))
    unknown = {one for one in labels if one not in COMMANDS and not is_label(one)}
    assert unknown == set()


@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_short(name: str):
    """Nobody who never read a manual reads more."""
    text = text_of(name)
    assert len(text.splitlines()) <= MOST_LINES
    if name != "README.md":
        assert "\n## Kalau …\n" in text
        assert 1 <= len(pictures_in(text)) <= 4
        assert 2 <= len(text.split("\n## Kalau …\n")[1].strip().splitlines()) <= 4


def test_every_picture_is_there_and_used():
    """No page shows a hole, and nothing lies about that no page shows."""
    shown = [name for page in NAMES for name in pictures_in(text_of(page))]
    kept = sorted(path.name for path in (GUIDE / "gambar").iterdir())
    assert sorted(set(shown)) == kept


def test_pictures_are_small():
    """The guide loads on a phone with a poor connection."""
    sizes = {path.name: path.stat().st_size for path in (GUIDE / "gambar").iterdir()}
    assert {name: size for name, size in sizes.items() if size > MOST_BYTES} == {}
    assert sum(sizes.values()) <= MOST_BYTES_TOGETHER


@pytest.mark.parametrize("page", [*PAGES, CODEBOOK], ids=lambda page: page.name)
def test_every_link_leads_to_a_file(page: Path):
    """Links within the documents are alive."""
    dead = [
        link
        for link in links_in(page.read_text(encoding="utf-8"))
        if not (page.parent / link.partition("#")[0]).exists()
    ]
    assert dead == []


def test_the_index_leads_to_every_page():
    """Whoever opens the guide finds all of it."""
    assert set(links_in(text_of("README.md"))) >= set(NAMES) - {"README.md"}


def cells() -> list[list[str]]:
    """The rows of all tables of the codebook."""
    rows = [line for line in CODEBOOK.read_text(encoding="utf-8").splitlines() if line[:1] == "|"]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in rows]


@pytest.mark.parametrize("what", IN_CHAT)
def test_the_codebook_names_every_column(what: str):
    """A planner finds each column of each file, by the name it has there."""
    named = {name for row in cells() for name in row[0].split(", ")}
    columns = [PHRASES.plain(f"export.column.{column}") for column in EXPORTS[what][1]]
    assert [column for column in columns if column not in named] == []


def test_the_codebook_lists_every_activity_with_its_stage():
    """What counts, and as what."""
    listed = {tuple(row) for row in cells() if len(row) == 2}
    for activity in Activity:
        word, stage = activity.value
        row = (PHRASES.plain(f"export.stage.{stage.value}"),
               PHRASES.plain(f"export.activity.{word}"))  # fmt: skip
        assert row in listed


def test_the_codebook_explains_every_channel():
    """How an act came in."""
    named = {row[0] for row in cells()}
    for key in PHRASES.keys("export.channel."):
        assert PHRASES.plain(key) in named


@pytest.mark.usefixtures("programs")
def test_a_scene_of_the_guide_runs_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The pictures can be made again: somebody acts in a demo and is photographed."""
    monkeypatch.syspath_prepend(str(DOCS))
    pictures, scenes = importlib.import_module("pictures"), importlib.import_module("scenes")
    pictures.make([scenes.teaching], tmp_path / "made")
    made = {path.name for path in (tmp_path / "made").iterdir()}
    assert made == set(pictures_in(text_of("07-pelajaran.md")))
