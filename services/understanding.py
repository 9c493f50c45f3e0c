"""What a resident means by free words: a topic, an action of the bot, or something else.

Learned from examples (the questions of the pages, `content/id/contoh/`, what staff added), not
from rules: a naive Bayes over words, pairs of words and groups of letters, so that misspelled
words still count. docs/decisions/ tells why, with figures.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise

from rapidfuzz import process
from rapidfuzz.distance import OSA

from content.kosakata import Vocabulary
from content.pages import Page
from services.bayes import Bayes

GROUPS = (3, 4, 5)  # letters
MIN_TYPO = 5  # letters of a word that is corrected
OFTENER = 10  # times
NO_VOWELS = str.maketrans("", "", "aeiou")
RARE = 4  # unknown words that are counted at most
TOGETHER = 3  # choices that are offered
# How likely it must be that a text is the bot's business at all: to be answered, to be asked
# about. Found with the questions of bench/questions, see there.
ANSWERED = 0.96
ASKED = 0.5
MOST_WORDS, MOST_LETTERS = 60, 30  # of a text, and of a word: what is longer is no question
SURE = 0.7  # from here on no other meaning is shown beside the answer

ACTIONS = (
    "lapor-drainase", "kirim-aspirasi", "lihat-usulan", "jadwal-gotong-royong", "cek-status",
    "hubungi-staf",
)  # fmt: skip
PAPERS, TALK, GREETING = "lain-surat", "lain-umum", "lain-sapaan"
OTHER = (PAPERS, TALK, GREETING)  # what is not the bot's business, by how it is declined


class Verdict(Enum):
    """What is to be done with a text."""

    CLEAR = "answer the first"
    UNSURE = "ask which"
    OTHER = "decline kindly"


@dataclass(frozen=True)
class Meaning:
    """What a text means: topics and actions, the likeliest first, or one of OTHER."""

    verdict: Verdict
    names: tuple[str, ...]
    is_sure: bool = False  # the first is far likelier than the others


@dataclass(frozen=True)
class Guess:
    """What could be meant, and how likely it is (0 to 1)."""

    name: str
    probability: float


class Understanding:
    """Learned once from examples by name; then only read.

    Two judges, whose mean counts: one sees words and pairs of words, the other letters as well.
    """

    def __init__(self, examples: Mapping[str, Iterable[str]], vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._names = tuple(examples)
        told = [
            (place, vocabulary.standard(text))
            for place, texts in enumerate(examples.values())
            for text in texts
        ]
        self._known = Counter(word for _, words in told for word in set(words))
        self._by_consonants: dict[str, str] = {}  # the word that is met most with them
        for word in sorted(self._known, key=lambda word: self._known[word]):
            self._by_consonants[_consonants(word)] = word
        told = [(place, [self._completed(word) for word in words]) for place, words in told]
        self._known = Counter(word for _, words in told for word in set(words))
        self._spelling = sorted(self._known)
        self._by_words = Bayes((place, self._words(words, seen=1)) for place, words in told)
        self._by_letters = Bayes((place, self._letters(words, seen=1)) for place, words in told)

    def guesses(self, text: str) -> list[Guess]:
        """All names with their probability, the likeliest first."""
        standard = self._vocabulary.standard(text)[:MOST_WORDS]
        words = [self._corrected(word[:MOST_LETTERS]) for word in standard]
        judged = zip(
            self._by_words.scores(self._words(words, seen=0)),
            self._by_letters.scores(self._letters(words, seen=0)),
            strict=True,
        )
        return _ranked(dict(zip(self._names, (sum(both) / 2 for both in judged), strict=True)))

    def meaning(self, text: str) -> Meaning:
        """What a text means, and how sure that is."""
        said = self._vocabulary.standard(text)
        if not said or self._vocabulary.only_greets(text):  # a little picture is a greeting
            return Meaning(Verdict.OTHER, (GREETING,))
        guesses = self.guesses(text)
        ours = [guess for guess in guesses if guess.name not in OTHER]
        business = sum(guess.probability for guess in ours)
        if business < ASKED or not ours:
            likeliest = next(guess for guess in guesses if guess.name in OTHER)
            return Meaning(Verdict.OTHER, (likeliest.name,))
        names = tuple(guess.name for guess in ours[:TOGETHER])
        if business < ANSWERED:
            return Meaning(Verdict.UNSURE, names)
        return Meaning(Verdict.CLEAR, names, ours[0].probability >= SURE)

    def _words(self, words: Sequence[str], *, seen: int) -> list[str]:
        """Words, pairs of words, and how many are unknown.

        `seen` is 1 for an example, which knows its own words.
        """
        kept = self._vocabulary.same(words)
        rare = min(sum(self._known[word] <= seen for word in words), RARE)
        return [
            *(f"={word}" for word in kept),
            *(f"{first} {second}" for first, second in pairwise(kept)),
            f"?{rare}",
        ]

    def _letters(self, words: Sequence[str], *, seen: int) -> Iterator[str]:
        """The same, and groups of letters, by which a misspelled word still counts."""
        yield from self._words(words, seen=seen)
        for word in self._vocabulary.same(words):
            yield from groups(word)

    def _completed(self, word: str) -> str:
        """A word from which letters were left out (krja → kerja): the other is met far oftener."""
        short = _consonants(word)
        longer = self._by_consonants.get(short, "") if len(short) > 2 else ""
        is_rare = self._known[word] * OFTENER < self._known[longer]
        return longer if is_rare and _is_within(word, longer) else word

    def _corrected(self, word: str) -> str:
        """A word as it is known: without its typo, and -o as -a (Jambi Malay: samo → sama)."""
        word = self._completed(word)
        if word in self._known or not word.isalpha():
            return word
        if word.endswith("o") and f"{word[:-1]}a" in self._known:
            return f"{word[:-1]}a"
        if len(word) < MIN_TYPO:
            return word
        most = 1 if len(word) < 8 else 2
        close = process.extractOne(word, self._spelling, scorer=OSA.distance, score_cutoff=most)
        return close[0] if close and close[0][0] == word[0] else word


def _consonants(word: str) -> str:
    return word.translate(NO_VOWELS)


def _is_within(word: str, longer: str) -> bool:
    """Whether a word is another one with letters left out: krja, kerja."""
    left = iter(longer)
    return all(letter in left for letter in word)


def groups(word: str) -> tuple[str, ...]:
    """The groups of letters of a word, its ends marked."""
    marked = f"<{word}>"
    return tuple(marked[i : i + size] for size in GROUPS for i in range(len(marked) - size + 1))


def _ranked(scores: Mapping[str, float]) -> list[Guess]:
    """Scores (logarithms) as probabilities, the likeliest first."""
    best = max(scores.values())
    shares = {name: math.exp(score - best) for name, score in scores.items()}
    total = sum(shares.values())
    ranked = sorted(shares.items(), key=lambda item: -item[1])
    return [Guess(name, share / total) for name, share in ranked]


def examples_of(
    pages: Iterable[Page],
    told: Mapping[str, Iterable[str]],
    added: Iterable[tuple[str, str]] = (),
) -> dict[str, list[str]]:
    """All examples by name: of the pages, of the example files, and (slug, words) of staff."""
    found = {page.slug: [page.title, *page.questions, *page.keywords] for page in pages}
    found |= {name: [] for name in (*ACTIONS, *OTHER)}
    for name, words in (*((n, w) for n, texts in told.items() for w in texts), *added):
        if name in found:  # the page may be gone
            found[name].append(words)
    return {name: texts for name, texts in found.items() if texts}


def names(pages: Iterable[Page]) -> tuple[str, ...]:
    """All that can be meant."""
    return (*(page.slug for page in pages), *ACTIONS, *OTHER)
