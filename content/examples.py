"""What residents type, by what they mean: `content/<language>/contoh/<name>.txt`.

A name is a topic page (beside the questions in its file), an action of the bot, or one of the
kinds of talk that are not the bot's business. One example a line; lines with # are remarks.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from content.phrases import CONTENT, ContentError

FOLDER = "contoh"
LONGEST = 300  # characters: longer ones are stories, not examples


def load(language: str = "id") -> dict[str, tuple[str, ...]]:
    """The examples by name.

    Raises:
        ContentError: naming every bad line.
    """
    found: dict[str, tuple[str, ...]] = {}
    mistakes: list[str] = []
    for path in _files(language):
        try:
            lines = path.read_text(encoding="utf-8-sig").split("\n")
        except (OSError, UnicodeDecodeError) as error:
            mistakes.append(f"{path}:1: cannot be read: {error}")
            continue
        told = [(number, line.strip()) for number, line in enumerate(lines, start=1)]
        told = [(number, line) for number, line in told if line and not line.startswith("#")]
        mistakes += [
            f"{path}:{number}: has {len(line)} characters, an example at most {LONGEST}"
            for number, line in told
            if len(line) > LONGEST
        ]
        found[path.stem] = tuple(line for _, line in told)
    if mistakes:
        raise ContentError(mistakes)
    return found


def unknown(names: Collection[str], language: str = "id") -> list[str]:
    """One sentence for each file whose name is none of `names`."""
    return [
        f"{path}:1: there is no topic or action {path.stem}"
        for path in _files(language)
        if path.stem not in names
    ]


def _files(language: str) -> list[Path]:
    return sorted((CONTENT / language / FOLDER).glob("*.txt"))
