"""A multinomial naive Bayes for short texts: which of some classes a bag of features speaks for.

Features are weighted by their rarity among the examples and among the classes, and every text
counts the same, however long (Rennie and others, "Tackling the poor assumptions of naive Bayes
text classifiers", 2003). A feature is known by a checksum, and what is learned stands in arrays
in the order of the checksums: a tenth of the memory that dictionaries would take.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import accumulate, chain, groupby
from operator import itemgetter
from zlib import crc32

SMOOTHING = 0.05  # found by trial with bench/questions.py


def checksum(feature: str) -> int:
    """32 bits: of 100,000 features about one pair shares them, and hardly anybody notices."""
    return crc32(feature.encode())


class Bayes:
    """Learned once; then only read."""

    def __init__(self, told: Iterable[tuple[int, Iterable[str]]]) -> None:
        """Learn from (class, features of an example); those of a class stand together."""
        self._known = array("I")  # checksums in order; the place of one is the feature's number
        self._rarity = array("f")
        # the classes that a feature speaks for, and how much: those of feature n stand from
        # start[n] to start[n + 1]
        self._start = array("I")
        self._classes = array("B")
        self._gains = array("f")
        self._base: list[float] = []  # by class: of a feature that no example of it has
        sums = [(class_, array("I", map(checksum, features))) for class_, features in told]
        self._known.extend(sorted({one for _, some in sums for one in some}))
        numbers = dict(zip(self._known, range(len(self._known)), strict=True))
        self._learn(
            [(class_, array("I", map(numbers.__getitem__, some))) for class_, some in sums]
        )

    def scores(self, features: Iterable[str]) -> list[float]:
        """How much the features speak for each class, as logarithms."""
        weights = self._weights(
            number
            for one in map(checksum, features)
            if (number := self._number(one)) < len(self._known) and self._known[number] == one
        )
        total = sum(weights.values())
        scores = [total * base for base in self._base]
        for number, weight in weights.items():
            for at in range(self._start[number], self._start[number + 1]):
                scores[self._classes[at]] += weight * self._gains[at]
        return scores

    def _number(self, one: int) -> int:
        """The number of the feature with that checksum, or where it would stand."""
        return bisect_left(self._known, one)

    def _learn(self, told: Sequence[tuple[int, array[int]]]) -> None:
        grouped = [[numbers for _, numbers in some] for _, some in groupby(told, itemgetter(0))]
        self._rarity.extend(self._rarities(grouped))
        speaks = []  # by class: features, and how much it has of each
        for examples in grouped:
            mass: defaultdict[int, float] = defaultdict(float)
            for numbers in examples:
                for number, weight in self._weights(numbers).items():
                    mass[number] += weight
            total = sum(mass.values()) + SMOOTHING * len(self._rarity)
            self._base.append(math.log(SMOOTHING / total))
            speaks.append((array("I", mass.keys()), array("f", mass.values())))
        self._arrange(speaks)

    def _arrange(self, speaks: Sequence[tuple[array[int], array[float]]]) -> None:
        """Features and masses by class as flat arrays by feature."""
        counts = self._counted(numbers for numbers, _ in speaks)
        self._start = array("I", accumulate(counts, initial=0))
        free = array("I", self._start)  # by feature: where its next class goes
        self._classes = array("B", bytes(self._start[-1]))
        self._gains = array("f", bytes(4 * self._start[-1]))
        for class_, (numbers, masses) in enumerate(speaks):
            for number, mass in zip(numbers, masses, strict=True):
                self._classes[free[number]] = class_
                self._gains[free[number]] = math.log((SMOOTHING + mass) / SMOOTHING)
                free[number] += 1

    def _rarities(self, grouped: Sequence[Sequence[array[int]]]) -> Iterable[float]:
        """By feature: rare among the examples, and spread over few classes."""
        count = sum(len(examples) for examples in grouped)
        spread = self._counted(set(numbers) for examples in grouped for numbers in examples)
        shared = self._counted(set(chain.from_iterable(examples)) for examples in grouped)
        for examples_with, classes_with in zip(spread, shared, strict=True):
            among_examples = math.log((1 + count) / (1 + examples_with)) + 1
            yield among_examples * (math.log(len(grouped) / classes_with) + 1)

    def _counted(self, groups: Iterable[Iterable[int]]) -> array[int]:
        """By feature: in how many groups it is."""
        counts = array("I", bytes(4 * len(self._known)))
        for numbers in groups:
            for number in numbers:
                counts[number] += 1
        return counts

    def _weights(self, numbers: Iterable[int]) -> dict[int, float]:
        """How much each feature of a text counts; together they have the length 1."""
        weights = {
            number: (1 + math.log(count)) * self._rarity[number]
            for number, count in Counter(numbers).items()
        }
        length = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
        return {number: weight / length for number, weight in weights.items()}
