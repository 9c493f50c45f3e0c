"""Words that people type: `content/<language>/kosakata.toml`, read into a small vocabulary."""

from __future__ import annotations

import re
import tomllib

from content.phrases import CONTENT, ContentError


class Vocabulary:
    """Which words mean danger, which mean a button, and which say little in an aspiration."""

    def __init__(
        self, danger: list[str], actions: dict[str, list[str]], vague: dict[str, list[str]]
    ) -> None:
        words = "|".join(re.escape(normal(phrase)) for phrase in danger)
        self._danger = re.compile(rf"\b(?:{words})\b")
        self._actions = {normal(word): name for name, words in actions.items() for word in words}
        self._general = frozenset(normal(word) for word in vague["umum"])
        self._nowhere = frozenset(normal(word) for word in vague["tanpa_tempat"])

    def names_danger(self, text: str) -> bool:
        """Whether a text speaks of fire, flood in the house, injury or crime."""
        return bool(self._danger.search(normal(text)))

    def action(self, text: str) -> str | None:
        """The form button that a whole message stands for: "lewati" is skip."""
        return self._actions.get(normal(text))

    def telling(self, text: str) -> str:
        """The words of a text that say what it is about: without "mohon", "kami", "yang"."""
        return " ".join(word for word in normal(text).split() if word not in self._general)

    def names_no_place(self, text: str) -> bool:
        """Whether words for a place are none: "semua", "dak tau"."""
        return normal(text) in self._nowhere or not self.telling(text)


def normal(text: str) -> str:
    """Lower case, letters and digits only, long-drawn letters shortened (toloooong → tolong)."""
    words = re.sub(r"[^\w\s]", " ", text.lower())
    return " ".join(re.sub(r"([a-z])\1{2,}", r"\1", words).split())


def load(language: str = "id") -> Vocabulary:
    """Read the vocabulary of a language.

    Raises:
        ContentError: the file is missing or broken.
    """
    path = CONTENT / language / "kosakata.toml"
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        return Vocabulary(data["bahaya"]["kata"], data["tombol"], data["usulan"])
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise ContentError([f"{path}: {error!r}"]) from None
