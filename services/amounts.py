"""Numbers and amounts that people type: "kira-kira 20 rumah", "200 meter", "dua titik"."""

from __future__ import annotations

import re
from typing import NamedTuple

from services.places import RT_IN_WORDS

MOST = 1_000_000.0
LONGEST_UNIT = 40  # characters
DIGITS = {
    "nol": 0, "satu": 1, "dua": 2, "tiga": 3, "empat": 4, "lima": 5, "enam": 6, "tujuh": 7,
    "delapan": 8, "sembilan": 9,
}  # fmt: skip
ROUND = {"sepuluh": 10, "sebelas": 11, "seratus": 100, "seribu": 1000}
TIMES = {"puluh": 10, "ratus": 100, "ribu": 1000}
_WORD = "|".join([*DIGITS, *ROUND, *TIMES, "belas"])
_WORDS = re.compile(rf"\b(?:{_WORD})(?:\s+(?:{_WORD}))*\b")
_ABOUT = re.compile(r"(?<=\d)\s*-?an\b")  # "20-an"
_NUMBER = r"\d+(?:\.\d+)*(?:,\d+)?"
_NAME = r"(?:[kc]?m[23²³]|[a-z]+)"
_UNIT = rf"{_NAME}(?:[ /-]+{_NAME})*"
_AMOUNT = re.compile(rf"\D*?({_NUMBER})\s*({_UNIT})\W*")


class Amount(NamedTuple):
    """How much of something: 200 "meter"."""

    number: float
    unit: str

    def __str__(self) -> str:
        """As people write it, with a decimal comma."""
        return f"{written(self.number)} {self.unit}"


def amount_in(text: str) -> Amount | None:
    """The one number with its unit that words name; None if there is none, or more than one."""
    found = _AMOUNT.fullmatch(_plain(text))
    if found is None or len(found[2]) > LONGEST_UNIT:
        return None
    number = _value(found[1])
    return Amount(number, found[2].strip()) if 0 < number <= MOST else None


def count_in(text: str) -> int | None:
    """The one whole number that words name, such as a number of houses; an RT is none."""
    found = re.findall(_NUMBER, RT_IN_WORDS.sub(" ", _plain(text)))
    number = _value(found[0]) if len(found) == 1 else 0.0
    return int(number) if 0 < number <= MOST and number.is_integer() else None


def written(number: float) -> str:
    """A number as people write it: 2.5 → "2,5", 200.0 → "200"."""
    return f"{number:.3f}".rstrip("0").rstrip(".").replace(".", ",")


def _plain(text: str) -> str:
    """Lower case, numbers in digits."""
    return _ABOUT.sub("", _WORDS.sub(lambda found: str(_spelled(found[0])), text.lower()))


def _value(digits: str) -> float:
    """Three digits after a point are thousands: "1.500" is 1500; "1.5", "1,5", "0.125" are not."""
    if re.fullmatch(r"[1-9]\d{0,2}(\.\d{3})+(,\d+)?", digits):
        digits = digits.replace(".", "")
    digits = digits.replace(",", ".")
    return float(digits) if digits.count(".") <= 1 else 0.0


def _spelled(words: str) -> int:
    """A number in words: "dua puluh lima" is 25."""
    total, digit = 0, 0
    for word in words.split():
        if word in DIGITS:
            digit = DIGITS[word]
        elif word in ROUND:
            total += ROUND[word]
        elif word == "belas":
            total, digit = total + digit + 10, 0
        elif word == "ribu":
            total, digit = (total + digit) * TIMES[word], 0
        else:
            total, digit = total + digit * TIMES[word], 0
    return total + digit
