"""How fast messages may go: rules without a clock of their own, so every moment is exact."""

from __future__ import annotations

from itertools import pairwise

import pytest

from jobs import pace
from jobs.pace import Pace

ANI, BIMA, CACA, GROUP = 1, 2, 3, -4


@pytest.fixture(autouse=True)
def _real_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Telegram's own limit per chat, which the other tests shorten."""
    monkeypatch.setattr(pace, "CHAT_SECONDS", 1.0)


def test_a_private_chat_takes_three_at_once_and_then_one_a_second():
    """Burst 3, then 1/s."""
    limits = Pace(28)
    taken = []
    for tenth in range(60):
        now = 100 + tenth / 10
        if ANI not in limits.paused(now):
            limits.sent(ANI, now)
            taken.append(now - 100)
    assert taken[:3] == pytest.approx([0, 0.1, 0.2])
    assert len([t for t in taken if t < 1.05]) == 4
    gaps = [later - earlier for earlier, later in pairwise(taken[3:])]
    assert gaps == pytest.approx([1.0] * len(gaps), abs=0.11)
    assert len(taken) == 3 + 5


def test_a_quiet_chat_gets_its_burst_back():
    """Three seconds of silence, three messages at once."""
    limits = Pace(28)
    for _ in range(3):
        limits.sent(ANI, 100)
    assert limits.paused(100) == {ANI}
    assert limits.paused(100.99) == {ANI}
    assert limits.paused(101.01) == set()
    for _ in range(2):
        limits.sent(ANI, 103.01)
        assert limits.paused(103.01) == set()
    limits.sent(ANI, 103.01)
    assert limits.paused(103.01) == {ANI}


def test_a_group_takes_twenty_in_a_minute():
    """The twenty-first waits until the first is a minute old."""
    limits = Pace(28)
    for second in range(20):
        assert limits.paused(100 + second) == set()
        limits.sent(GROUP, 100 + second)
    assert limits.paused(119) == {GROUP}
    assert limits.next_change(119) == pytest.approx(41)
    assert limits.paused(159.9) == {GROUP}
    assert limits.paused(160.1) == set()
    limits.sent(GROUP, 160.1)
    assert limits.paused(160.2) == {GROUP}


def test_chats_do_not_count_for_each_other():
    """One full chat leaves all others alone."""
    limits = Pace(28)
    for _ in range(3):
        limits.sent(ANI, 100)
    assert limits.paused(100) == {ANI}
    limits.sent(BIMA, 100)
    assert limits.paused(100) == {ANI}


def test_paced_messages_have_even_gaps():
    """28 a second means one every 36 ms, also after a rest: there is no burst to save up."""
    limits = Pace(28)
    waits = [limits.slot(100) for _ in range(28)]
    assert waits == pytest.approx([i / 28 for i in range(28)])
    assert [limits.slot(200) for _ in range(3)] == pytest.approx([0, 1 / 28, 2 / 28])


def test_a_quarter_of_a_second_is_claimed_ahead():
    """Not more, so that a reply or a pause that comes meanwhile still counts."""
    limits = Pace(28)
    assert limits.room(100) == 7
    for _ in range(7):
        limits.slot(100)
    assert limits.room(100) == 0
    assert limits.room(100.13) == 3
    assert limits.room(100.5) == 7


def test_a_short_stall_costs_no_speed_and_a_rest_saves_nothing_up():
    """A process that is late by a moment keeps its places."""
    limits = Pace(28)
    taken, now = 0, 100.0
    while now < 110.0:
        for _ in range(limits.room(now)):
            limits.slot(now)
            taken += 1
        now += 0.4  # later than what was claimed ahead
    assert taken == pytest.approx(280, abs=14)
    assert limits.room(200) == 7


def test_places_that_come_at_once_after_a_stall_leave_one_by_one():
    """30 in any second: what left before the stall counts, replies count, too."""
    limits = Pace(28)
    for n in range(30):
        assert limits.until_thinner(100 + n / 100) == 0
        limits.left(100 + n / 100)
    assert limits.until_thinner(100.3) == pytest.approx(0.7)
    assert limits.until_thinner(101.001) == 0
    limits.left(101.001)
    assert limits.until_thinner(101.002) == pytest.approx(0.008)
    assert limits.until_thinner(102.5) == 0


def test_replies_use_up_what_notices_may_send():
    """A reply never waits, but the messages of a second stay at 28 together."""
    limits = Pace(28)
    for _ in range(28):
        limits.reply(100)
    assert limits.room(100) == 0
    assert limits.slot(100) == pytest.approx(1.0)


def test_too_many_requests_in_one_chat_pause_only_that_chat():
    """Everybody else goes on."""
    limits = Pace(28)
    limits.pause(ANI, 5, 100)
    assert limits.paused(104.9) == {ANI}
    assert limits.until_all_may(100) == 0
    assert limits.next_change(101) == pytest.approx(4)
    assert limits.paused(105.1) == set()
    assert limits.next_change(105.1) is None


def test_a_shorter_wait_never_ends_a_longer_one():
    """The later end counts."""
    limits = Pace(28)
    limits.pause(ANI, 30, 100)
    limits.pause(ANI, 2, 101)
    assert limits.paused(129) == {ANI}


def test_the_same_chat_twice_is_no_storm():
    """Two answers of one chat say nothing about the others."""
    limits = Pace(28)
    limits.pause(ANI, 5, 100)
    limits.pause(ANI, 5, 100.5)
    assert limits.until_all_may(100.5) == 0


def test_two_chats_within_a_second_pause_everything_for_the_longest_wait():
    """Then the bot as a whole is too fast."""
    limits = Pace(28)
    limits.pause(ANI, 20, 100)
    limits.pause(BIMA, 3, 100.9)
    assert limits.until_all_may(101) == pytest.approx(19)
    assert limits.until_all_may(120) == 0


def test_two_chats_more_than_a_second_apart_do_not():
    """Two chats that were each too fast by themselves."""
    limits = Pace(28)
    limits.pause(ANI, 20, 100)
    limits.pause(BIMA, 20, 101.1)
    assert limits.until_all_may(101.2) == 0


def test_every_further_refusal_of_a_storm_counts():
    """Whichever chat it comes from, also one that was refused a moment ago."""
    limits = Pace(28)
    limits.pause(ANI, 2, 100)
    limits.pause(BIMA, 2, 100.2)
    limits.pause(BIMA, 9, 100.4)
    assert limits.until_all_may(100.4) == pytest.approx(9)
    limits.pause(CACA, 20, 100.6)
    assert limits.until_all_may(100.6) == pytest.approx(20)


def test_chats_that_are_quiet_again_are_forgotten():
    """Memory does not grow with the number of people."""
    limits = Pace(28)
    for chat in range(1, 5001):
        limits.sent(chat, 100 + chat)
    assert len(limits._ahead) <= 1001
    assert limits.paused(10_000) == set()


def test_a_full_chat_says_when_it_may_go_on():
    """So that the sender sleeps exactly so long."""
    limits = Pace(28)
    assert limits.next_change(100) is None
    for _ in range(3):
        limits.sent(ANI, 100)
    assert limits.next_change(100.25) == pytest.approx(0.75)
