"""Days and times as people type them: a table of words and of what they mean."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from calendar_rig import ZONE, wib

from services.dates import Unclear, moment_in

NOW = wib(11, 25, 9)  # a Wednesday
NO_DAY, NO_TIME = "form.expects.moment", "form.moment_no_time"
PAST, FAR = "form.moment_past", "form.moment_far"


def moment(words: str, now: datetime = NOW) -> datetime:
    return moment_in(words, now.astimezone(UTC), ZONE).astimezone(ZONE)


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        # days
        ("besok jam 7 pagi", wib(11, 26, 7)),
        ("bsk jam 7", wib(11, 26, 7)),
        ("lusa 16.00", wib(11, 27, 16)),
        ("hari ini jam 10", wib(11, 25, 10)),
        ("kagek jam 4 sore", wib(11, 25, 16)),
        ("Minggu jam 7 pagi", wib(11, 29, 7)),
        ("hari Minggu depan jam 7 pagi", wib(12, 6, 7)),
        ("ahad 07.00", wib(11, 29, 7)),
        ("Jum'at jam 2 siang", wib(11, 27, 14)),
        ("sabtu depan jam 8", wib(12, 5, 8)),
        ("rabu jam 10 pagi", wib(11, 25, 10)),  # today, the hour is still to come
        ("rabu jam 8 pagi", wib(12, 2, 8)),  # today, it went by
        # dates
        ("29 November 07.00", wib(11, 29, 7)),
        ("29 nov jam 7 pagi", wib(11, 29, 7)),
        ("29/11 16:00", wib(11, 29, 16)),
        ("29-11-2026 pukul 16.00 WIB", wib(11, 29, 16)),
        ("29/11/26 jam 4 sore", wib(11, 29, 16)),
        ("3 Januari jam 7 pagi", wib(1, 3, 7, year=2027)),  # the next one
        ("24/11 jam 7", wib(11, 24, 7, year=2027)),
        # the part of the day, before and after the hour
        ("besok sore jam 4", wib(11, 26, 16)),
        ("hari minggu besok jam setengah 8", wib(11, 29, 7, 30)),
        ("minggu besok jam 7", wib(11, 29, 7)),
        ("Minggu, 29 November jam 7", wib(11, 29, 7)),
        ("sabtu malam jam 8", wib(11, 28, 20)),
        ("besok jam 4 sore", wib(11, 26, 16)),
        ("Minggu sore jam 4", wib(11, 29, 16)),
        ("besok malam jam 7", wib(11, 26, 19)),
        ("besok pagi jam 7", wib(11, 26, 7)),
        ("nanti malam jam 8", wib(11, 25, 20)),
        ("besok siang pukul 1", wib(11, 26, 13)),
        ("besok siang jam 12", wib(11, 26, 12)),
        ("sore 29 November 4.30", wib(11, 29, 16, 30)),
        ("besok 16.00 sore", wib(11, 26, 16)),
        ("selamat malam, besok jam 7 pagi", wib(11, 26, 7)),  # its own part counts
        # the evening before
        ("malam minggu jam 7", wib(11, 28, 19)),
        ("malam Minggu jam 7 malam", wib(11, 28, 19)),
        ("malam jumat setengah 8", wib(11, 26, 19, 30)),
        ("malam ahad 19.30", wib(11, 28, 19, 30)),
        ("malam jumat depan jam 8", wib(12, 3, 20)),
        ("Minggu malam jam 7", wib(11, 29, 19)),
        # half past
        ("besok setengah 8", wib(11, 26, 7, 30)),
        ("besok setengah 8 pagi", wib(11, 26, 7, 30)),
        ("besok sore setengah 5", wib(11, 26, 16, 30)),
        ("besok setengah 1 siang", wib(11, 26, 12, 30)),
        # from, to
        ("Minggu 07.00-09.00", wib(11, 29, 7)),
        ("Minggu 07.00–09.00 WIB", wib(11, 29, 7)),
        ("Minggu jam 7-9", wib(11, 29, 7)),
        ("Minggu 7-9 pagi", wib(11, 29, 7)),
        ("Minggu jam 7 sampai 9 pagi", wib(11, 29, 7)),
        ("Minggu jam 4 s/d 6 sore", wib(11, 29, 16)),
        ("29-11 07.00-09.00", wib(11, 29, 7)),
        ("29 November 07.00 sampai selesai", wib(11, 29, 7)),
    ],
)
def test_words_name_a_moment(words: str, meant: datetime):
    """On Wednesday, 25 November 2026, at nine in the morning."""
    assert moment(words) == meant


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        ("terserah", NO_DAY),
        ("jam 7 pagi", NO_DAY),
        ("minggu depan jam 7", NO_DAY),  # next week, or next Sunday
        ("minggu ini jam 7", NO_DAY),
        ("semalam jam 7", NO_DAY),  # in Jambi: yesterday
        ("31/2 jam 7", NO_DAY),
        ("32 November jam 7", NO_DAY),
        ("besok", NO_TIME),
        ("besok ba'da Isya", NO_TIME),  # not converted
        ("besok abis magrib", NO_TIME),
        ("besok malam", NO_TIME),
        ("besok jam 25", NO_TIME),
        ("besok 07.75", NO_TIME),
        ("hari ini jam 8", PAST),
        ("minggu, 30 november jam 7", "form.moment_conflict"),
        ("24 November 2026 07.00", PAST),
        ("nanti jam 7 pagi", PAST),
        ("29 November 2027 07.00", FAR),
        ("29/11/2036 07.00", FAR),
    ],
)
def test_what_names_no_moment_is_asked_again(words: str, asked: str):
    """With a phrase that says what is missing."""
    with pytest.raises(Unclear) as refused:
        moment(words)
    assert refused.value.phrase == asked


@pytest.mark.parametrize(
    ("now", "meant"),
    [
        (wib(11, 28, 9), wib(11, 28, 19)),  # this evening
        (wib(11, 28, 20), wib(12, 5, 19)),  # it went by
        (wib(11, 29, 9), wib(12, 5, 19)),  # yesterday's went by
    ],
)
def test_the_eve_of_sunday_is_counted_from_any_day(now: datetime, meant: datetime):
    """On Saturday, and on Sunday itself."""
    assert moment("malam minggu jam 7", now) == meant
