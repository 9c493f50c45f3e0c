"""The pages for those who run the bot: the same in both languages, and about this program."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENGLISH = (ROOT / "docs/operating.md").read_text(encoding="utf-8")
INDONESIAN = (ROOT / "docs/operasi.md").read_text(encoding="utf-8")
BOXES = re.compile(r"^```\n(.*?)^```", re.DOTALL | re.MULTILINE)


def shape(page: str) -> list[str]:
    """Headings with their numbers, and what stands between them: tables, lists, boxes."""
    marks = re.findall(r"^(#+(?: \d+\.)?|\|(?=-)|\d+\.(?= )|-(?= )|```)", page, re.MULTILINE)
    return [*marks, f"{page.count(chr(10) + '|')} rows"]


def test_both_pages_have_the_same_parts_and_the_same_commands():
    """Whoever reads one language misses nothing of the other."""
    assert shape(ENGLISH) == shape(INDONESIAN)
    assert BOXES.findall(ENGLISH) == BOXES.findall(INDONESIAN)
    assert len(BOXES.findall(ENGLISH)) >= 10


def test_the_commands_in_the_boxes_exist():
    """A word that the program does not know would strand a volunteer at night."""
    text = (ROOT / "bot.py").read_text(encoding="utf-8")
    words = re.search(r"python bot\.py ([a-z |-]+?) --config", text)
    assert words is not None
    known = set(words[1].split(" | "))
    used = set(re.findall(r"\bbantar (\w+)\b(?! *\.)", " ".join(BOXES.findall(ENGLISH)))) & known
    assert used == {"migrate", "check", "backup", "restore", "export"}
    targets = set(re.findall(r"make -C \S+ (\w+)", ENGLISH))
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert targets
    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in targets)
    for path in re.findall(r"/opt/bantar/([\w./-]+\w)", ENGLISH):
        assert (ROOT / path).exists(), path


def test_every_section_of_the_settings_is_spoken_of():
    """And each key that must be changed."""
    example = tomllib.loads((ROOT / "config.example.toml").read_text(encoding="utf-8"))
    for page in (ENGLISH, INDONESIAN):
        for section in example:
            assert f"[{section}]" in page, section
        assert all(f"`{key}`" in page for key in ("token", "url", "folder", "admins", "number"))


def test_sentences_that_are_quoted_are_those_of_the_program():
    """The table of a silent bot is read by looking for its very words."""
    sources = "".join(
        path.read_text(encoding="utf-8")
        for folder in ("jobs", "storage")
        for path in (ROOT / folder).glob("*.py")
    ) + (ROOT / "bot.py").read_text(encoding="utf-8")
    said = re.sub(r"\"\s*\n\s*f?\"", "", sources)
    for words in (
        "Telegram does not know this token",
        "another process polls with this bot's token",
        "run: python bot.py migrate",
        "is in use by another bot process",
        "no connection to Telegram",
        "no sign of life",
        "the database refuses to work",
        "dead letters",
        "Everything is in order.",
    ):
        assert words in said, words
        assert words in ENGLISH, words
        assert words in INDONESIAN, words
