"""Ready answers of staff: `content/<language>/balasan.toml`, by type of ticket and new state.

Each table is a type and what the answer is for ("laporan.perlu-data"); each line in it is the
label of a button and the sentence behind it. A clerk taps one, and may change it before he sends.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from content.phrases import CONTENT, MAX_LABEL, ContentError, placeholders

FILE = "balasan.toml"
LONGEST = 300  # characters: a summary shows the whole of it
FILLED = frozenset({"nomor", "instansi", "alamat", "jam", "telepon"})  # what the bot knows

Stamp = tuple[int, int] | None
Table = Mapping[tuple[str, str], tuple["Reply", ...]]


@dataclass(frozen=True)
class Reply:
    """A ready answer; `key` names it on a button, and is another one for other words."""

    label: str
    text: str

    @property
    def key(self) -> str:
        """Eight characters, as a button carries it."""
        return hashlib.sha256(f"{self.label}\n{self.text}".encode()).hexdigest()[:8]

    def filled(self, values: Mapping[str, str]) -> str | None:
        """The sentence with what the bot knows in its gaps; None where something is not known."""
        if not all(values.get(name) for name in placeholders(self.text)):
            return None
        return self.text.format_map(values)


@dataclass(frozen=True)
class Replies:
    """All ready answers, by type and what they are for."""

    table: Table = field(default_factory=dict)
    stamp: Stamp = None

    def of(self, type_: str, purpose: str) -> tuple[Reply, ...]:
        """Those for one type of ticket and one purpose, in the order of the file."""
        return self.table.get((type_, purpose), ())


@dataclass
class Rack:
    """Where the present answers lie; they are replaced as a whole, never changed."""

    current: Replies = field(default_factory=Replies)


def load(purposes: Collection[tuple[str, str]], language: str = "id") -> Replies:
    """Read the answers; `purposes` are the pairs of type and purpose that the bot offers them for.

    Raises:
        ContentError: naming every mistake, with file and key.
    """
    path, seen = CONTENT / language / FILE, stamp(language)
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ContentError([f"{path}: cannot be read: {error}"]) from None
    table: dict[tuple[str, str], tuple[Reply, ...]] = {}
    mistakes: list[str] = []
    for type_, group in data.items():
        for purpose, lines in group.items() if isinstance(group, dict) else (("", group),):
            name = f"{path}: {type_}.{purpose}".rstrip(".")
            if (type_, purpose) not in purposes or not isinstance(lines, dict):
                mistakes.append(f"{name}: the bot offers no answers for that")
                continue
            mistakes += [
                f"{name}: {label}: {one}"
                for label, text in lines.items()
                for one in problems(label, text)
            ]
            table[type_, purpose] = tuple(Reply(label, str(text)) for label, text in lines.items())
    if mistakes:
        raise ContentError(mistakes)
    return Replies(table, seen)


def problems(label: str, text: Any) -> list[str]:
    """What is wrong with one answer, in words for the person who edits it."""
    if not isinstance(text, str) or not text.strip():
        return ["is no sentence"]
    found = []
    if not label.strip():
        found.append("has no label")
    if len(label) > MAX_LABEL:
        found.append(f"its label has {len(label)} characters, a button shows {MAX_LABEL}")
    if len(text) > LONGEST:
        found.append(f"has {len(text)} characters, an answer at most {LONGEST}")
    try:
        unknown = placeholders(text) - FILLED
    except ValueError as error:
        return [*found, f"has a broken placeholder: {error}"]
    found += [f"{{{name}}} is not filled in by the bot" for name in sorted(unknown)]
    if "<" in text:
        found.append("< is shown as it is: answers have no markup")
    return found


def stamp(language: str = "id") -> Stamp:
    """How the file looks now, to see whether it was changed; None if there is none."""
    path: Path = CONTENT / language / FILE
    try:
        state = path.stat()
    except OSError:
        return None
    return state.st_mtime_ns, state.st_size
