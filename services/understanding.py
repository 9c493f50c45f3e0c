"""What a resident means by free words: a topic, an action of the bot, or something else.

Learned from examples (the questions of the pages, `content/id/contoh/`, what staff added), not
from rules: a multinomial naive Bayes over words, pairs of words and groups of letters, so that
misspelled words still count. docs/decisions/ tells why, with figures.
"""

from __future__ import annotations

import math
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from itertools import chain, groupby, pairwise
from operator import itemgetter
from threading import Event

from rapidfuzz import process
from rapidfuzz.distance import OSA

from content.kosakata import Vocabulary
from content.pages import Page

SMOOTHING = 0.05  # found by trial, see bench/questions.py
GROUPS = (3, 4, 5)  # letters
MIN_TYPO = 5  # letters of a word that is corrected
RARE = 4  # unknown words that are counted at most
TOGETHER = 3  # choices that are offered
# How likely it must be that a text is the bot's business at all: to be answered, to be asked
# about. Found with the questions of bench/questions, see there.
ANSWERED = 0.945
ASKED = 0.5
SURE = 0.85  # from here on no other meaning is shown beside the answer

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

    What is learned stands in arrays by the number of the feature: some 40,000 features of 6,000
    examples take 10 MB, where dictionaries took 50.
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
        self._spelling = sorted(self._known)
        self._number: dict[str, int] = {}
        self._rarity = array("f")
        self._places: list[array[int]] = []  # by feature: the names it speaks for, and
        self._gains: list[array[float]] = []  # how much
        self._base: list[float] = []  # by name: of a feature that no example of it has
        self._learn([(place, self._numbered(words)) for place, words in told])

    def guesses(self, text: str) -> list[Guess]:
        """All names with their probability, the likeliest first."""
        words = self._vocabulary.standard(text)
        found = (self._number.get(feature) for feature in self._features(words, seen=0))
        weights = self._weights(number for number in found if number is not None)
        total = sum(weights.values())
        scores = [total * base for base in self._base]
        for number, weight in weights.items():
            for place, gain in zip(self._places[number], self._gains[number], strict=True):
                scores[place] += weight * gain
        return _ranked(dict(zip(self._names, scores, strict=True)))

    def meaning(self, text: str) -> Meaning:
        """What a text means, and how sure that is."""
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

    def _numbered(self, words: Sequence[str]) -> array[int]:
        """The features of an example as numbers; new ones get the next."""
        return array(
            "L",
            (
                self._number.setdefault(feature, len(self._number))
                for feature in self._features(words, seen=1)
            ),
        )

    def _learn(self, told: Sequence[tuple[int, array[int]]]) -> None:
        spread = Counter(number for _, numbers in told for number in set(numbers))
        shared: Counter[int] = Counter()  # by how many names
        for _, examples in groupby(told, key=itemgetter(0)):
            shared.update(set(chain.from_iterable(numbers for _, numbers in examples)))
        self._rarity.extend(
            (math.log((1 + len(told)) / (1 + spread[number])) + 1)
            * (math.log(len(self._names) / shared[number]) + 1)
            for number in range(len(self._number))
        )
        self._places = [array("B") for _ in self._rarity]
        self._gains = [array("f") for _ in self._rarity]
        for place, examples in groupby(told, key=itemgetter(0)):
            mass: defaultdict[int, float] = defaultdict(float)
            for _, numbers in examples:
                for number, weight in self._weights(numbers).items():
                    mass[number] += weight
            total = sum(mass.values()) + SMOOTHING * len(self._rarity)
            self._base.append(math.log(SMOOTHING / total))
            for number, value in mass.items():
                self._places[number].append(place)
                self._gains[number].append(math.log((SMOOTHING + value) / SMOOTHING))

    def _weights(self, numbers: Iterable[int]) -> dict[int, float]:
        """How much each feature of a text counts: rare ones more, and all texts the same."""
        weights = {
            number: (1 + math.log(count)) * self._rarity[number]
            for number, count in Counter(numbers).items()
        }
        length = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
        return {number: weight / length for number, weight in weights.items()}

    def _features(self, words: Sequence[str], *, seen: int) -> Iterator[str]:
        """What is counted of a text; `seen` is 1 for an example, which knows its own words."""
        words = [self._corrected(word) for word in words]
        kept = self._vocabulary.same(words)
        for word in kept:
            yield f"={word}"
            yield from groups(word)
        yield from (f"{a} {b}" for a, b in pairwise(kept))
        rare = min(sum(self._known[word] <= seen for word in words), RARE)
        yield f"?{rare}"

    def _corrected(self, word: str) -> str:
        """A word as it is known: without its typo, and -o as -a (Jambi Malay: samo → sama)."""
        if word in self._known or not word.isalpha():
            return word
        if word.endswith("o") and f"{word[:-1]}a" in self._known:
            return f"{word[:-1]}a"
        if len(word) < MIN_TYPO:
            return word
        most = 1 if len(word) < 8 else 2
        close = process.extractOne(word, self._spelling, scorer=OSA.distance, score_cutoff=most)
        return close[0] if close and close[0][0] == word[0] else word


@lru_cache(maxsize=8192)
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


class Learned:
    """The understanding as it is now; replaced as a whole when examples change."""

    def __init__(self) -> None:
        self._ready = Event()
        self._current: Understanding | None = None

    def learn(self, examples: Mapping[str, Iterable[str]], vocabulary: Vocabulary) -> None:
        """Learn anew (about a second); until then the former understanding answers."""
        self._current = understand(examples, vocabulary)
        self._ready.set()

    def meaning(self, text: str) -> Meaning:
        """What a text means; waits while the first learning goes on, right after the start."""
        self._ready.wait()
        assert self._current is not None
        return self._current.meaning(text)


def understand(examples: Mapping[str, Iterable[str]], vocabulary: Vocabulary) -> Understanding:
    """Learn from examples by name."""
    return Understanding(examples, vocabulary)


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
