"""Words that people type: `content/<language>/kosakata.toml`, read into a vocabulary."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from content.phrases import CONTENT, ContentError

ENDED = re.compile(r"[,;:!?]$|\w{4}\.$")  # a word before a new clause, but not "Jl."
SHORT = 10  # words of a sentence that only says one thing
FEW = 4  # words of a short answer
LONGEST_PLACE = 7  # words behind the first
LONGEST = 3  # words of the longest expression that is replaced by others


class Vocabulary:
    """Which words mean danger, a button, yes or no, what else means the same, what says little."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.fingerprint = hashlib.sha256(repr(data).encode()).digest()
        words = "|".join(re.escape(normal(phrase)) for phrase in data["bahaya"]["kata"])
        self._danger = re.compile(rf"\b(?:{words})\b")
        self._actions = _by_word(data["tombol"])
        self._answers = _by_word(data["jawaban"])
        self._labels = _by_word(data["tombol_jawaban"])
        self._standard = {normal(word): value.split() for word, value in data["singkatan"].items()}
        self._same = {normal(word): value.split() for word, value in data["sinonim"].items()}
        self._idle = {normal(word) for word in data["abaikan"]["kata"]}
        self._aside = {normal(word) for word in data["sisipan"]["kata"]}
        self._consents = _by_word(data["persetujuan"])
        self._said = {name: self._words_of(some) for name, some in data["ucapan"].items()}
        self._verdict = {name: self._words_of(some) for name, some in data["putusan"].items()}
        self._wish = {normal(word) for word in data["niat"]["kata"]}
        self._asking = {normal(word) for word in data["tanya"]["kata"]}
        self._tables = {
            table: self._expressions(data[table])
            for table in ("jenis", "pilihan", "sejak", "sapaan")
        }
        greeted = (said for some in data["sapaan"].values() for said in some)
        self._greeting = self._words_of((*data["basa_basi"]["kata"], *greeted))
        fillers = self._words_of(data["basa_basi"]["pengisi"])
        self._small_talk = self._greeting | self._aside | self._idle | fillers
        self._general = {word for said in data["usulan"]["umum"] for word in self._plainly(said)}
        names = ("awal", "sesudah_di", "akhir", "samar")
        place = {name: self._words_of(data["tempat"][name]) for name in names}
        self._abbreviated = {normal(word) for word in data["tempat"]["singkatan"]}
        faults = self._words_of(
            said for some in data["jenis"].values() for said in some if " " not in said
        )
        self._place = {**place, "akhir": place["akhir"] | faults}
        self._nowhere = {normal(words) for words in data["usulan"]["tanpa_tempat"]}

    def names_danger(self, text: str) -> bool:
        """Whether a text speaks of fire, flood in the house, injury or crime."""
        return bool(self._danger.search(normal(text)))

    def action(self, text: str) -> str | None:
        """The form button that a whole message stands for: "lewati" is skip."""
        return self._whole(text, self._actions)

    def answer(self, text: str) -> str | None:
        """What a whole message answers to a question: "ya", "tidak", or None for neither."""
        return self._whole(text, self._answers)

    def agrees(self, text: str) -> bool:
        """Whether a whole message is a clear yes to a question about one's data."""
        return self._whole(text, self._consents) is not None

    def verdict(self, text: str) -> str | None:
        """What a sentence answers to "Is it right now?": "ya", "tidak", or None for neither.

        A yes holds nothing but yes, praise and thanks; a no says what is not right.
        """
        said = [word for word in normal(text).split() if word not in self._aside]
        words = self.standard(" ".join(said))
        if not words or self.asks(text) or self._verdict["lain"] & set(words):
            return None
        if all(word in self._verdict["benar"] for word in words):
            return "ya" if self._verdict["beres"] & set(words) else None
        if words[0] not in self._verdict["belum"]:
            return None
        says_what = self.named("jenis", text) is not None or self._verdict["hasil"] & set(words)
        return "tidak" if says_what or len(words) <= FEW else None

    def _whole(self, text: str, table: Mapping[str, str]) -> str | None:
        """What a message says in words of a table, also twice or politely: "iyo kirimlah pak"."""
        words = [] if "?" in text else [_bare(word, table) for word in normal(text).split()]
        meant: set[str] = set()
        at = 0
        while at < len(words):
            for length in range(min(LONGEST, len(words) - at), 0, -1):
                name = table.get(" ".join(words[at : at + length]))
                if name is not None:
                    meant.add(name)
                    at += length
                    break
            else:
                if words[at] not in self._aside:
                    return None
                at += 1
        return meant.pop() if len(meant) == 1 else None

    def says(self, name: str, text: str) -> bool:
        """Whether a short sentence holds one of the words of that name, and no word denies it."""
        words, meant = self.standard(text), self._said[name]
        others = [word for word in words if word not in meant]
        denied = any(
            self._answers.get(word) == "tidak" or self._actions.get(word) == "cancel"
            for word in others
        )
        return len(words) <= SHORT and bool(meant & set(words)) and not denied

    def asks(self, text: str) -> bool:
        """Whether words are a question: by their sign, or by a word such as "kapan"."""
        words = set(self.standard(text))
        return text.rstrip().endswith("?") or bool(words & self._asking)

    def begins(self, label: str, answer: str) -> bool:
        """Whether the label of a button begins with words that give that answer."""
        words = normal(label).split()
        return any(self._labels.get(" ".join(words[:n])) == answer for n in (1, 2))

    def standard(self, text: str) -> list[str]:
        """The words of a text in standard spelling: "yg dmn, got2" → yang di mana got got."""
        doubled = re.sub(r"\b([a-z]+)2\b", r"\1 \1", normal(text))
        return _replaced(doubled.split(), self._standard)

    def same(self, words: Sequence[str]) -> list[str]:
        """One word for all that mean the same; words that carry no meaning are left out.

        If they are all such words, they stay: "min" alone is a greeting.
        """
        kept = [word for word in words if word not in self._idle]
        return _replaced(kept or words, self._same)

    def named(self, table: str, text: str) -> str | None:
        """What a table of the vocabulary calls the first of its expressions in a text."""
        words = " ".join(self.same(self.standard(text)))
        found = [
            (match.start(), name)
            for name, pattern in self._tables[table].items()
            if (match := pattern.search(words))
        ]
        return min(found)[1] if found else None

    def only_greets(self, text: str) -> bool:
        """Whether a text is a greeting, thanks or an "ok", and nothing else."""
        words = self.standard(text)
        greets = any(word in self._greeting for word in words)
        return greets and all(word in self._small_talk for word in words)

    def says_something(self, text: str) -> bool:
        """Whether a text holds more than a wish to write: "mau lapor pak" does not."""
        words = [word for word in self.standard(text) if word not in self._idle]
        return any(word not in self._wish for word in words)

    def telling(self, text: str) -> str:
        """The words of a text that say what it is about: without "mohon", "kami", "yang"."""
        words = self.same(self.standard(text))
        return " ".join(word for word in words if word not in self._general | self._idle)

    def names_no_place(self, text: str) -> bool:
        """Whether words for a place are none: "semua", "dak tau"."""
        return normal(text) in self._nowhere or not self.telling(text)

    def place_in(self, text: str) -> str | None:
        """The place that a text names, as it is written: "depan mesjid Al Hidayah"."""
        words = text.split()
        plain = [" ".join(self.standard(word)) for word in words]
        dull = self._place["samar"] | self._aside | {""}
        for at in range(len(words)):
            if not self._begins_place(words, plain, at):
                continue
            end = at + 1
            while (
                end < len(words) and end - at <= LONGEST_PLACE and self._goes_on(words, plain, end)
            ):
                end += 1
            while plain[end - 1] in self._aside:
                end -= 1
            if not all(word in dull for word in plain[at + 1 : end]):
                return " ".join(words[at:end]).strip(".,;:!?()\"'")
        return None

    def _begins_place(self, words: Sequence[str], plain: Sequence[str], at: int) -> bool:
        after_di = at > 0 and plain[at - 1] == "di" and plain[at] in self._place["sesudah_di"]
        return (
            after_di or plain[at] in self._place["awal"] or normal(words[at]) in self._abbreviated
        )

    def _goes_on(self, words: Sequence[str], plain: Sequence[str], at: int) -> bool:
        """Whether the word at a place belongs to the place that the words before it name."""
        return plain[at] not in self._place["akhir"] and not ENDED.search(words[at - 1])

    def _plainly(self, word: str) -> list[str]:
        """A word as it is typed, in standard spelling, and as all that mean the same."""
        return [normal(word), *self.standard(word), *self.same(self.standard(word))]

    def _words_of(self, expressions: Iterable[str]) -> set[str]:
        return {word for said in expressions for word in self.standard(said)}

    def _expressions(self, table: Mapping[str, list[str]]) -> dict[str, re.Pattern[str]]:
        """Patterns by name, of expressions written as a text is after `standard` and `same`."""
        return {
            name: re.compile(
                r"\b(?:"
                + "|".join(re.escape(" ".join(self.same(self.standard(e)))) for e in expressions)
                + r")\b"
            )
            for name, expressions in table.items()
        }


def _by_word(table: Mapping[str, list[str]]) -> dict[str, str]:
    return {normal(word): name for name, words in table.items() for word in words}


def _bare(word: str, table: Mapping[str, str]) -> str:
    """A word of the table without the particle behind it: "kirimlah" → "kirim"."""
    short = word.removesuffix("lah")
    return short if word not in table and len(short) > 2 else word


def _replaced(words: Sequence[str], table: Mapping[str, list[str]]) -> list[str]:
    """Words with expressions of the table replaced, the longest first."""
    result: list[str] = []
    at = 0
    while at < len(words):
        for length in range(min(LONGEST, len(words) - at), 0, -1):
            found = table.get(" ".join(words[at : at + length]))
            if found is not None:
                result += found
                at += length
                break
        else:
            result.append(words[at])
            at += 1
    return result


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
        return Vocabulary(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError, AttributeError) as error:
        raise ContentError([f"{path}: {error!r}"]) from None
