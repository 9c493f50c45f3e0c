"""How well free words are understood: `python -m bench.questions [--unseen] [--worst N]`.

The questions were written by people who knew only the facts, not the bot; those in
`questions/unseen.tsv` were kept apart while the rest was used to choose settings and to find what
examples are missing (more in docs/decisions/0005). A line is
`name<TAB>question`; names joined by | are equally right, `none` is not the bot's business. What
is printed is counted as a resident sees it.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from config import Kelurahan
from content import examples, kosakata, pages
from services import understanding
from services.understanding import Meaning, Understanding, Verdict

FOLDER = Path(__file__).parent / "questions"
NONE = "none"


@dataclass(frozen=True)
class Asked:
    """A question, what would be right, and what the bot made of it."""

    right: tuple[str, ...]
    words: str
    meaning: Meaning

    @property
    def names(self) -> tuple[str, ...]:
        """What is answered or offered, the likeliest first."""
        if self.meaning.verdict is Verdict.OTHER:
            return (NONE,)
        return self.meaning.names

    @property
    def is_answered(self) -> bool:
        """Whether the bot answers at once, without asking which is meant."""
        return self.meaning.verdict is Verdict.CLEAR


def shipped() -> dict[str, list[str]]:
    """The examples that a fresh installation learns from, by name."""
    shown = pages.load(Kelurahan()).by_slug.values()
    return understanding.examples_of(shown, examples.load())


def learned() -> Understanding:
    """The understanding of a fresh installation."""
    return Understanding(shipped(), kosakata.load())


def asked(mind: Understanding, name: str) -> list[Asked]:
    """Ask all questions of a file."""
    lines = (FOLDER / f"{name}.tsv").read_text(encoding="utf-8").splitlines()
    pairs = [line.split("\t") for line in lines if line]
    return [Asked(tuple(right.split("|")), words, mind.meaning(words)) for right, words in pairs]


def rates(found: Iterable[Asked]) -> dict[str, float]:
    """Shares of 1: first answer right, right within three, off-topic answered or asked about."""
    ours = [one for one in found if one.right != (NONE,)]
    others = [one for one in found if one.right == (NONE,)]
    return {
        "first answer right": _share(
            one.is_answered and one.names[0] in one.right for one in ours
        ),
        "right within three": _share(bool({*one.names} & {*one.right}) for one in ours),
        "off-topic answered as if in scope": _share(one.is_answered for one in others),
        "off-topic asked about": _share(one.meaning.verdict is Verdict.UNSURE for one in others),
    }


def _share(hits: Iterable[bool]) -> float:
    counted = list(hits)
    return sum(counted) / len(counted)


def worst(found: Iterable[Asked]) -> list[Asked]:
    """Wrong answers first, then what was only asked about."""
    missed = [
        one
        for one in found
        if not (one.names[0] in one.right and (one.is_answered or one.right == (NONE,)))
    ]
    return sorted(missed, key=lambda one: (not one.is_answered, not one.meaning.is_sure))


def main() -> None:
    """Print the rates, and the worst misses of the questions that may be looked at."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--worst", type=int, default=30, help="misses to print (default 30)")
    parser.add_argument("--unseen", action="store_true", help="print misses of the unseen as well")
    options = parser.parse_args()
    mind = learned()
    files = {name: asked(mind, name) for name in ("seen", "unseen")}
    files["all"] = [*files["seen"], *files["unseen"]]
    for name, found in files.items():
        print(f"{name}: {len(found)} questions")
        for what, share in rates(found).items():
            print(f"  {what:36} {share:6.1%}")
    for one in worst(files["all" if options.unseen else "seen"])[: options.worst]:
        print(f"{'|'.join(one.right)}: {one.words}\n    {one.meaning.verdict.value}: "
              f"{', '.join(one.names)}")  # fmt: skip


if __name__ == "__main__":
    main()
