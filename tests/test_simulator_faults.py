"""Trouble on purpose: faults by pattern and chance, and Telegram's limits."""

import aiohttp
import pytest
import pytest_asyncio

from simulator import Faults, Limits, Simulator
from simulator.limits import Gate
from simulator.rules import ApiError


@pytest_asyncio.fixture
async def sim():
    """A simulator with Siti, who pressed Start."""
    async with Simulator() as simulator:
        await simulator.person(42).sends("/start")
        yield simulator


async def ask(sim, method="sendMessage", **parameters):
    """One raw request; status and body, read as text because a proxy may answer."""
    wish = {"chat_id": 42, "text": "a"} | parameters
    timeout = aiohttp.ClientTimeout(total=0.3)
    async with (
        aiohttp.ClientSession(timeout=timeout) as session,
        session.post(f"{sim.url}/bot{sim.token}/{method}", json=wish) as answer,
    ):
        return answer.status, await answer.text()


async def test_statuses_and_proxies(sim):
    """One-shot faults come in order and have no effect on the chat."""
    sim.faults.next("sendMessage", "status", code=502)
    sim.faults.next("send*", "too_many", retry_after=7)
    sim.faults.next("*", "html")
    assert await ask(sim) == (502, '{"ok":false,"error_code":502,"description":"Bad Gateway"}')
    status, body = await ask(sim)
    assert status == 429
    assert body.endswith(
        '"description":"Too Many Requests: retry after 7","parameters":{"retry_after":7}}'
    )
    assert (await ask(sim))[1].startswith("<html>")
    assert sim.person(42).from_bot == []
    assert (await ask(sim))[0] == 200
    assert sim.refusals == []
    assert sim.faults.injected == {"status": 1, "too_many": 1, "html": 1}


@pytest.mark.parametrize(("kind", "messages"), [("reset_before", 0), ("reset_after", 1)])
async def test_lost_connections(sim, kind, messages):
    """The caller cannot tell whether the message went out."""
    sim.faults.next("sendMessage", kind)
    with pytest.raises(aiohttp.ClientConnectionError):
        await ask(sim)
    assert len(sim.person(42).from_bot) == messages


async def test_hanging_and_waiting(sim):
    """A request that never comes back, and one that only takes longer."""
    sim.faults.next("sendMessage", "hang")
    with pytest.raises(TimeoutError):
        await ask(sim)
    sim.faults.next("sendMessage", "delay", seconds=0.05)
    assert (await ask(sim))[0] == 200


def test_chance_is_repeatable():
    """The same seed gives the same faults."""

    def run(seed):
        faults = Faults(seed=seed)
        faults.set("send*", "status", probability=0.5, code=500)
        return [faults.plan("sendMessage").fault is not None for _ in range(50)]

    assert run(1) == run(1) != run(2)
    assert 10 < sum(run(1)) < 40


def test_unknown_faults_are_an_error():
    """A misspelt kind must not silently do nothing."""
    with pytest.raises(ValueError, match="unknown fault"):
        Faults().next("*", "explode")


class Watch:
    """A clock that a test moves."""

    now = 0.0

    def __call__(self):
        """The time."""
        return self.now


def refused(gate, chat_id, messages=1):
    """Seconds to wait, or 0 if the message may go."""
    try:
        gate.check(chat_id, messages)
    except ApiError as error:
        return error.parameters["retry_after"]
    return 0


def test_private_chats_take_a_burst_then_one_a_second():
    """Three at once, then one per second."""
    watch = Watch()
    gate = Gate(Limits(), watch)
    assert [refused(gate, 42) for _ in range(4)] == [0, 0, 0, 1]
    watch.now = 1.0
    assert [refused(gate, 42), refused(gate, 42)] == [0, 1]


def test_groups_take_twenty_a_minute():
    """The twenty-first has to wait for the first to be a minute old."""
    watch = Watch()
    gate = Gate(Limits(), watch)
    assert [refused(gate, -5) for _ in range(21)] == [0] * 20 + [60]
    watch.now = 60.0
    assert refused(gate, -5) == 0


def test_overall_limit():
    """Thirty a second and a little more, whoever they go to."""
    watch = Watch()
    gate = Gate(Limits(), watch)
    assert [refused(gate, person) for person in range(34)] == [0] * 33 + [1]
    watch.now = 1.0
    assert refused(gate, 99) == 0


async def test_limits_answer_429():
    """Answers to taps and edits are free, messages are not."""
    async with Simulator(limits=Limits()) as sim:
        await sim.person(42).sends("/start")
        answers = [await ask(sim) for _ in range(4)]
        assert [status for status, _ in answers] == [200, 200, 200, 429]
        assert "Too Many Requests: retry after 1" in answers[-1][1]
        assert (sim.stats.too_many, sim.stats.messages, sim.stats.max_per_second) == (1, 3, 3)
        assert (await ask(sim, "sendChatAction", action="typing"))[0] == 200
