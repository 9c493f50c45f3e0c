"""Lessons: `content/<language>/pelajaran/<slug>.toml`, a page's first part and one question.

They are read with the pages (content/pages.py). docs/topics.md tells staff how to write one.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from content.phrases import MAX_LABEL

FOLDER = "pelajaran"
SLUG = re.compile(r"^[a-z0-9]+(-[a-z0-9]+)*$")
MAX_SLUG = 28  # with the number of a plan it fits the reference of the participation log
FEWEST, MOST = 3, 4  # choices
MAX_QUESTION, MAX_EXPLANATION = 200, 400  # characters
KEYS = {
    "title": str,
    "topic": str,
    "order": int,
    "question": str,
    "choices": list,
    "right": str,
    "explanation": str,
    "sources": list,
    "reviewed": date,
}
WORDS = {str: "a text", int: "a number", list: "a list of texts", date: "a date like 2026-11-23"}


@dataclass(frozen=True)
class Lesson:
    """One lesson. `right` is the choice that is right, in its words."""

    slug: str
    title: str
    topic: str  # slug of the page
    order: int  # in which lessons are given
    question: str
    choices: tuple[str, ...]
    right: str
    explanation: str

    def choice(self, name: str) -> str | None:
        """The choice that a button named; None if the lesson has it no more."""
        return next((one for one in self.choices if name_of(one) == name), None)


def name_of(choice: str) -> str:
    """How buttons name a choice: by its words, so that another order changes nothing."""
    return hashlib.sha256(choice.encode()).hexdigest()[:6]


def in_order(lessons: Mapping[str, Lesson]) -> list[Lesson]:
    """As they are given."""
    return sorted(lessons.values(), key=lambda lesson: lesson.order)


def files(folder: Path) -> list[Path]:
    """The files of the lessons of one language."""
    return sorted((folder / FOLDER).glob("*.toml"))


def read(folder: Path, topics: Collection[str]) -> tuple[dict[str, Lesson], dict[str, list[str]]]:
    """Lessons without a mistake, and the mistakes of the others, by slug; each with its file."""
    found: dict[str, Lesson] = {}
    mistakes: dict[str, list[str]] = {}
    orders: dict[int, str] = {}
    for path in files(folder):
        values, problems = _values(path)
        problems += _problems(path.stem, values, topics)
        order = values.get("order")
        if isinstance(order, int) and orders.setdefault(order, path.name) != path.name:
            problems.append(f"order: {order} is taken by {orders[order]}")
        if problems:
            mistakes[path.stem] = [f"{path}: {words}" for words in problems]
        else:
            found[path.stem] = _lesson(path.stem, values)
    return found, mistakes


def _values(path: Path) -> tuple[dict[str, Any], list[str]]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig")), []
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        return {}, [f"cannot be read: {error}"]


def _lesson(slug: str, values: dict[str, Any]) -> Lesson:
    plain = {key: values[key].strip() for key in KEYS if KEYS[key] is str}
    choices = tuple(choice.strip() for choice in values["choices"])
    return Lesson(slug=slug, order=values["order"], choices=choices, **plain)


def _problems(slug: str, values: dict[str, Any], topics: Collection[str]) -> list[str]:
    """What is wrong with a lesson, in words for whoever edits it."""
    if not values:
        return []
    found = [f"{key}: is not a key of a lesson" for key in values if key not in KEYS]
    found += [f"{key}: {p}" for key in KEYS if (p := _problem(values.get(key), KEYS[key]))]
    if not SLUG.match(slug) or len(slug) > MAX_SLUG:
        found.append(f"a file name has a-z, 0-9 and -, at most {MAX_SLUG} of them")
    return found or [*_lengths(values), *_choices(values), *_topic(values, topics)]


def _problem(value: Any, kind: type) -> str:
    """What is wrong with the value of a key, or nothing."""
    if value is None:
        return "is missing"
    right = isinstance(value, kind) and not isinstance(value, bool | datetime)
    texts = value if isinstance(value, list) else [value] if isinstance(value, str) else []
    if not right or not all(isinstance(text, str) for text in texts):
        return f"must be {WORDS[kind]}"
    if (kind is list and not texts) or not all(text.strip() for text in texts):
        return "is empty"
    if any(re.search(r"[{}\n<>]", text) for text in texts):
        return "may have no { } < > and no line break"
    return ""


def _lengths(values: dict[str, Any]) -> list[str]:
    most = {"title": MAX_LABEL, "question": MAX_QUESTION, "explanation": MAX_EXPLANATION}
    return [
        f"{key}: is {len(values[key])} characters long, {limit} fit"
        for key, limit in most.items()
        if len(values[key]) > limit
    ]


def _choices(values: dict[str, Any]) -> list[str]:
    choices = [choice.strip() for choice in values["choices"]]
    found = []
    if not FEWEST <= len(choices) <= MOST:
        found.append(f"choices: there are {len(choices)}, a question has {FEWEST} to {MOST}")
    if len({choice.casefold() for choice in choices}) < len(choices):
        found.append("choices: one is there twice")
    found += [
        f"choices: {choice} is {len(choice)} characters long, a button shows {MAX_LABEL}"
        for choice in choices
        if len(choice) > MAX_LABEL
    ]
    if values["right"].strip() not in choices:
        found.append("right: is none of the choices")
    return found


def _topic(values: dict[str, Any], topics: Collection[str]) -> list[str]:
    return [] if values["topic"] in topics else [f"topic: there is no page {values['topic']}"]
