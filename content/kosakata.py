"""Words that people type: `content/<language>/kosakata.toml`, read into a small vocabulary."""

from __future__ import annotations

import re
import tomllib

from content.phrases import CONTENT, ContentError


class Vocabulary:
    """Which words mean danger, which mean a button, and which say yes or no."""

    def __init__(
        self, danger: list[str], actions: dict[str, list[str]], answers: dict[str, list[str]]
    ) -> None:
        words = "|".join(re.escape(normal(phrase)) for phrase in danger)
        self._danger = re.compile(rf"\b(?:{words})\b")
        self._actions = {normal(word): name for name, words in actions.items() for word in words}
        self._answers = {normal(word): name for name, words in answers.items() for word in words}

    def names_danger(self, text: str) -> bool:
        """Whether a text speaks of fire, flood in the house, injury or crime."""
        return bool(self._danger.search(normal(text)))

    def action(self, text: str) -> str | None:
        """The form button that a whole message stands for: "lewati" is skip."""
        return self._actions.get(normal(text))

    def answer(self, text: str) -> str | None:
        """What a whole message answers to a question: "ya", "tidak", or None for neither."""
        return self._answers.get(normal(text))

    def begins(self, label: str, answer: str) -> bool:
        """Whether the label of a button begins with words that give that answer."""
        words = normal(label).split()
        return any(self._answers.get(" ".join(words[:n])) == answer for n in (1, 2))


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
        return Vocabulary(data["bahaya"]["kata"], data["tombol"], data["jawaban"])
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise ContentError([f"{path}: {error!r}"]) from None
