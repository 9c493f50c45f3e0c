"""Learning what words mean, apart from the bot, and keeping it for the next start.

Learning takes some seconds and 50 MB that a process would never give back, so a process of its
own does it and leaves a file behind. Another start with the same examples reads that in an
instant; other examples, words or code have another name.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import pickle
import signal
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from time import monotonic

from content import kosakata
from content.kosakata import Vocabulary
from services import bayes, understanding
from services.understanding import TALK, Meaning, Understanding, Verdict

PATIENCE = 60.0  # seconds that words wait for the first learning
FILE = "learned-{fingerprint}.bin"
CODE = (bayes, kosakata, understanding)


class NotLearned(Exception):
    """The first learning, right after the first start, is not done yet."""


class Learned:
    """The understanding as it is now; replaced as a whole when examples change."""

    def __init__(self, folder: Path) -> None:
        """`folder` is where what was learned is kept."""
        self._folder = folder
        self._current: Understanding | None = None
        self._since = monotonic()

    def learn(self, examples: Mapping[str, Sequence[str]], vocabulary: Vocabulary) -> None:
        """Learn anew, or read what was learned; until then the former understanding answers."""
        self._current = understand(examples, vocabulary, self._folder)
        _give_back()

    def meaning(self, text: str) -> Meaning:
        """What a text means.

        Raises:
            NotLearned: it can be said in a moment; never after a minute, whatever went wrong.
        """
        if self._current is not None:
            return self._current.meaning(text)
        if monotonic() - self._since < PATIENCE:
            raise NotLearned
        return Meaning(Verdict.OTHER, (TALK,))


def understand(
    examples: Mapping[str, Sequence[str]], vocabulary: Vocabulary, folder: Path
) -> Understanding:
    """What examples by name teach: read from the folder, or learned and left there."""
    path = folder / FILE.format(fingerprint=_fingerprint(examples, vocabulary))
    known = _read(path)
    if known is not None:
        return known
    apart = ProcessPoolExecutor(1, get_context("spawn"), initializer=_leave_stopping_to_parent)
    with apart:
        learned = apart.submit(Understanding, examples, vocabulary).result()
    _keep(path, learned)
    return learned


def _fingerprint(examples: Mapping[str, Sequence[str]], vocabulary: Vocabulary) -> str:
    """The same for the same examples and words, the same code and the same Python."""
    found = hashlib.sha256(sys.version.encode())
    for module in CODE:
        found.update(Path(module.__file__ or "").read_bytes())
    found.update(repr([(name, list(texts)) for name, texts in examples.items()]).encode())
    found.update(vocabulary.fingerprint)
    return found.hexdigest()[:32]


def _read(path: Path) -> Understanding | None:
    """What was learned; None if there is nothing, or nothing that can be read."""
    try:
        known = pickle.loads(path.read_bytes())  # noqa: S301 - only the bot writes there
    except Exception:  # whatever is wrong with it: it is made anew
        return None
    return known if isinstance(known, Understanding) else None


def _keep(path: Path, learned: Understanding) -> None:
    """Leave what was learned for the next start, whole or not at all, in place of older ones."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for left in path.parent.glob(f"{FILE.format(fingerprint='*')}.*"):  # of a killed process
            left.unlink(missing_ok=True)
        new = path.with_suffix(f"{path.suffix}.{os.getpid()}")
        new.write_bytes(pickle.dumps(learned))
        new.replace(path)
        for old in path.parent.glob(FILE.format(fingerprint="*")):
            if old != path:
                old.unlink(missing_ok=True)
    except OSError:  # a full disk: the next start learns again
        return


def _give_back() -> None:
    """Let the C library return what the former understanding held: 10 MB that it would keep."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # only glibc has it
    if trim is not None:
        trim(0)


def _leave_stopping_to_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
