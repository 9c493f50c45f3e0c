"""One page as a file: front matter between `+++`, a first part, `---`, the rest; what is wrong.

docs/topics.md tells staff how to write one.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyromark
from telegramify_markdown.converter import STANDARD_OPTIONS

from content.phrases import MAX_LABEL

GROUPS = ("umum", "bersih", "aman", "pintar", "warga", "rencana", "laporan")
TOPIC = "topik:"  # a link to another page
PLACES = ("kelurahan", "kecamatan", "kota")  # what {…} may name
OFFICE = ("alamat", "jam", "telepon")  # also, but may be unknown: the line is then left out
NAMED = re.compile(r"\{(\w+)\}")
FENCE, MORE = "+++", "---"
FIRST_LINES, FIRST_LENGTH = 5, 120  # lines of the first part, characters of each
MAX_HEADING = 3
SLUG = re.compile(r"^[a-z0-9]+(-[a-z0-9]+)*$")
MAX_SLUG = 40  # fits callback data, a deep link and the participation log
REQUIRED = {
    "title": str,
    "group": str,
    "order": int,
    "keywords": list,
    "questions": list,
    "sources": list,
    "reviewed": date,
}
OPTIONAL = {"label": str, "related": list}
KEYS = {**REQUIRED, **OPTIONAL}
WORDS = {str: "a text", int: "a number", list: "a list of texts", date: "a date like 2026-11-23"}
SHOWN = {
    "Paragraph", "Heading", "List", "Item", "Strong", "Emphasis", "Strikethrough", "Link",
    "BlockQuote", "Text", "SoftBreak", "HardBreak", "End",
    "Html", "TableHead", "TableRow", "TableCell",  # inside of what is refused already
}  # fmt: skip
REFUSED = {
    "HtmlBlock": "HTML is not shown",
    "InlineHtml": "HTML is not shown",
    "Image": "an image cannot be shown",
    "Table": "a table cannot be shown",
    "CodeBlock": "a line that begins with four spaces, or ```, is shown as program code",
    "Code": "signs like ` mean program code",
    "Rule": "only one line --- may divide the page",
    "TaskListMarker": "a list with boxes cannot be shown",
}


@dataclass
class Source:
    """A page as it is written, with the mistakes found so far as (line, words)."""

    path: Path
    values: dict[str, Any] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)  # of the keys
    first: str = ""
    whole: str = ""
    links: list[tuple[int, str]] = field(default_factory=list)  # to other pages
    found: list[tuple[int, str]] = field(default_factory=list)

    @property
    def slug(self) -> str:
        """The name of the page, by which links and buttons find it."""
        return self.path.stem

    @property
    def mistakes(self) -> list[str]:
        """One sentence each, with file and line."""
        return [f"{self.path}:{line}: {words}" for line, words in sorted(set(self.found))]

    def note(self, key: str, words: str) -> None:
        """A mistake in the front matter."""
        self.found.append((self.lines.get(key, 1), f"{key}: {words}"))


def read(path: Path) -> Source:
    """Read a page and look for mistakes in it; nothing is raised."""
    source = Source(path)
    if not SLUG.match(source.slug) or len(source.slug) > MAX_SLUG:
        source.found.append((1, f"a file name has a-z, 0-9 and -, at most {MAX_SLUG} of them"))
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        source.found.append((1, f"cannot be read: {error}"))
        return source
    ends = [number for number, line in enumerate(lines) if line.rstrip() == FENCE]
    if ends[:1] != [0] or len(ends) < 2:
        source.found.append((1, f"must begin with lines between two lines {FENCE}"))
        return source
    _front(source, lines[1 : ends[1]])
    _body(source, lines[ends[1] + 1 :], ends[1] + 2)
    return source


def left_out(line: str, known: Collection[str] = ()) -> bool:
    """Whether a line names a fact about the office that is not among the known ones."""
    return any(name in OFFICE and name not in known for name in NAMED.findall(line))


# --- front matter ---------------------------------------------------------------------------


def _front(source: Source, lines: list[str]) -> None:
    try:
        source.values = tomllib.loads("\n".join(lines))
    except tomllib.TOMLDecodeError as error:
        at = re.search(r"at line (\d+)", str(error))
        line = int(at[1]) + 1 if at else len(lines) + 1
        source.found.append((line, f"front matter is not valid TOML: {error}"))
        return
    for number, line_ in enumerate(lines, start=2):
        key = re.match(r"\s*(\w+)\s*=", line_)
        if key:
            source.lines.setdefault(key[1], number)
    for key_ in REQUIRED:
        if key_ not in source.values:
            source.note(key_, "is missing")
    for key_, value in source.values.items():
        if key_ not in KEYS:
            source.note(key_, "is not a key of a page")
        elif problem := _problem(key_, value):
            source.note(key_, problem)
    _label(source)


def _problem(key: str, value: Any) -> str:
    """What is wrong with the value of a known key, or nothing."""
    kind = KEYS[key]
    right = isinstance(value, kind) and not isinstance(value, bool | datetime)
    texts = value if isinstance(value, list) else [value] if isinstance(value, str) else []
    if not right or not all(isinstance(text, str) for text in texts):
        return f"must be {WORDS[kind]}"
    if (kind is list and key != "related" and not texts) or not all(t.strip() for t in texts):
        return "is empty"
    if any(re.search(r"[{}\n]", text) for text in texts):
        return "may have no { } and no line break"
    if key == "group" and value not in GROUPS:
        return f"must be one of {', '.join(GROUPS)}"
    return ""


def _label(source: Source) -> None:
    """The button of a page shows its label, or else its title."""
    key = "label" if "label" in source.values else "title"
    label = source.values.get(key)
    if isinstance(label, str) and len(label) > MAX_LABEL:
        hint = "" if key == "label" else "; shorten it or add a key label"
        source.note(key, f"is {len(label)} characters long, a button shows {MAX_LABEL}{hint}")


# --- body -----------------------------------------------------------------------------------


def _body(source: Source, lines: list[str], start: int) -> None:
    """Divide the body, whose first line has the number `start`, and look for mistakes."""
    marks = [number for number, line in enumerate(lines) if re.match(r"^-{3,}\s*$", line)]
    for extra in marks[1:]:
        source.found.append((start + extra, REFUSED["Rule"]))
    first = lines[: marks[0]] if marks else lines
    # a blank line for each mark: else the text above would become a heading
    whole = ["" if number in marks else line for number, line in enumerate(lines)]
    source.first, source.whole = "\n".join(first), "\n".join(whole)
    _first(source, first, start)
    _sections(source, lines, start)
    if marks and not "".join(whole[marks[0] :]).strip():
        source.found.append((start + marks[0], f"there is nothing below {MORE}"))
    for number, line in enumerate(whole, start=start):
        source.found += [(number, words) for words in _braces(line)]
    data = source.whole.encode()
    for event, span in pyromark.events_with_range(source.whole, options=STANDARD_OPTIONS):
        line_number = start + data.count(b"\n", 0, span["start"])
        source.found += [(line_number, words) for words in _event(event)]
        target = _target(event)
        if target.startswith(TOPIC):
            source.links.append((line_number, target.removeprefix(TOPIC)))


def _first(source: Source, lines: list[str], start: int) -> None:
    """The first part is what everybody reads: short."""
    written = [(start + number, line) for number, line in enumerate(lines) if line.strip()]
    if not written:
        source.found.append((start, "the first part is empty"))
    for number, _ in written[FIRST_LINES : FIRST_LINES + 1]:
        words = f"the first part has more than {FIRST_LINES} lines; put the rest below {MORE}"
        source.found.append((number, words))
    for number, line in written:
        if len(line.strip()) > FIRST_LENGTH:
            words = f"is {len(line.strip())} characters long, in the first part {FIRST_LENGTH} fit"
            source.found.append((number, words))


def _sections(source: Source, lines: list[str], start: int) -> None:
    """A part or a heading must not stand alone where nothing is known about the office."""
    section: list[tuple[int, str]] = []
    for number, line in [*enumerate(lines, start=start), (0, MORE)]:
        if re.match(r"#|-{3,}\s*$", line):
            if section and all(left_out(text) for _, text in section):
                words = "every line here may be left out; add one that always stays"
                source.found.append((section[0][0], words))
            section = []
        elif line.strip():
            section.append((number, line))


def _braces(line: str) -> Iterator[str]:
    """Placeholders that the bot does not fill in."""
    for name in re.findall(r"\{(\w*)\}", line):
        if name not in (*PLACES, *OFFICE):
            yield f"{{{name}}} is not filled in by the bot"
    if re.search(r"[{}]", re.sub(r"\{\w*\}", "", line)):
        yield "has a single { or }"


def _event(event: Any) -> Iterator[str]:
    """What Telegram could not show of one piece of Markdown."""
    kind, value = _kind(event)
    if kind in REFUSED:
        yield REFUSED[kind]
    elif kind not in SHOWN:
        yield f"{kind} cannot be shown"
    elif kind == "Heading" and int(value["level"][1]) > MAX_HEADING:
        yield f"a heading has at most {MAX_HEADING} signs #"
    target = _target(event)
    if kind == "Link" and not target.startswith((TOPIC, "https://")):
        yield f"a link leads to https://… or to {TOPIC}…, not to {target}"


def _kind(event: Any) -> tuple[str, Any]:
    """The kind of a piece of Markdown, and what it carries."""
    if isinstance(event, str):
        return event, None
    (kind, value), *_ = event.items()
    return _kind(value) if kind == "Start" else (kind, value)


def _target(event: Any) -> str:
    """Where a link leads; nothing for all else."""
    kind, value = _kind(event)
    return str(value["dest_url"]) if kind == "Link" else ""
