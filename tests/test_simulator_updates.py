"""How the simulator hands out updates: long polling, webhooks, repeats."""

import asyncio

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web

from simulator import Faults, Simulator, kinds


@pytest_asyncio.fixture
async def sim():
    """A simulator without messages."""
    async with Simulator() as simulator:
        yield simulator


async def ask(sim, method, **parameters):
    """One raw request; what the server answered."""
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{sim.url}/bot{sim.token}/{method}", json=parameters) as answer,
    ):
        return await answer.json()


def texts(answer):
    """The texts of the messages in an answer of getUpdates."""
    return [update["message"]["text"] for update in answer["result"]]


class Receiver:
    """A webhook of a bot: keeps what comes, and fails when told to."""

    def __init__(self):
        self.taken = []
        self.secrets = set()
        self.fail = 0
        self.open = 0
        self.most_open = 0
        self.slow = 0.0

    async def take(self, request):
        """One delivery."""
        update = await request.json()
        self.secrets.add(request.headers.get("X-Telegram-Bot-Api-Secret-Token"))
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        await asyncio.sleep(self.slow)
        self.open -= 1
        if self.fail:
            self.fail -= 1
            return web.Response(status=500)
        self.taken.append(update)
        return web.Response()


@pytest_asyncio.fixture
async def receiver():
    """A running webhook; its address is `url`."""
    taker = Receiver()
    app = web.Application()
    app.router.add_post("/hook", taker.take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    taker.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield taker
    await runner.cleanup()


async def test_offset_confirms_and_limit_cuts(sim):
    """Updates stay until a higher offset is asked for; a negative offset looks at the end."""
    siti = sim.person(42)
    first = await siti.sends("satu")
    await siti.sends("dua")
    await siti.sends("tiga")
    assert texts(await ask(sim, "getUpdates", limit=2)) == ["satu", "dua"]
    assert sim.updates_unconfirmed == 3
    offset = first["update_id"] + 1
    assert texts(await ask(sim, "getUpdates", offset=offset)) == ["dua", "tiga"]
    assert texts(await ask(sim, "getUpdates", offset=-1)) == ["tiga"]
    assert sim.updates_unconfirmed == 1


async def test_an_update_keeps_what_was_written_then(sim):
    """An edit after the fact is an update of its own."""
    siti = sim.person(42)
    sent = await siti.sends("salah")
    await siti.edits(sent["message"]["message_id"], "benar")
    first, second = (await ask(sim, "getUpdates"))["result"]
    assert first["message"]["text"] == "salah"
    assert second["edited_message"]["text"] == "benar"
    assert [message["text"] for message in siti.messages] == ["benar"]


async def test_second_poller_ends_the_first(sim):
    """The older of two waiting requests gets the conflict."""
    older = asyncio.create_task(ask(sim, "getUpdates", timeout=5))
    await sim.waits_for(lambda s: s.world.queue.polled)
    newer = asyncio.create_task(ask(sim, "getUpdates", timeout=5))
    conflict = await older
    assert conflict["error_code"] == 409
    assert conflict["description"] == (
        "Conflict: terminated by other getUpdates request; "
        "make sure that only one bot instance is running"
    )
    await sim.person(42).sends("halo")
    assert texts(await newer) == ["halo"]


async def test_a_killed_poller_is_no_refusal(sim):
    """Starting again after a crash looks clean: nobody was there to be refused."""
    older = asyncio.create_task(ask(sim, "getUpdates", timeout=5))
    await sim.waits_for(lambda s: s.world.queue.polled)
    older.cancel()
    await asyncio.gather(older, return_exceptions=True)
    newer = asyncio.create_task(ask(sim, "getUpdates", timeout=5))
    await sim.waits_for(lambda s: s.stats.requests["getUpdates"] == 2)
    await sim.person(42).sends("halo")
    assert texts(await newer) == ["halo"]
    assert sim.refusals == []


async def test_allowed_updates_persist(sim):
    """What the bot once asked for holds until it asks for something else."""
    siti = sim.person(42)
    await siti.sends("/start")
    await ask(sim, "getUpdates", allowed_updates=["message"])
    await siti.blocks()
    await siti.unblocks()
    assert sim.updates_unconfirmed == 1
    await ask(sim, "getUpdates", allowed_updates=[])
    await siti.blocks()
    assert sim.updates_unconfirmed == 2


async def test_update_again_comes_even_after_it_was_confirmed(sim):
    """Telegram may deliver an update twice under the same id."""
    siti = sim.person(42)
    sent = await siti.sends("halo")
    offset = sent["update_id"] + 1
    assert (await ask(sim, "getUpdates", offset=offset))["result"] == []
    await siti.sends_update_again()
    again = (await ask(sim, "getUpdates", offset=offset))["result"]
    assert again == [sent]
    assert sim.updates_unconfirmed == 0


async def test_webhook_delivers_in_order_and_never_loses(sim, receiver):
    """A failing webhook is asked again; one chat's updates stay in sequence."""
    receiver.fail = 2
    for number in range(3):
        await sim.person(42).sends(f"{number}")
    await ask(sim, "setWebhook", url=receiver.url, secret_token="rahasia")
    await sim.waits_for(lambda s: s.webhook_pending == 0)
    assert [update["message"]["text"] for update in receiver.taken] == ["0", "1", "2"]
    assert receiver.secrets == {"rahasia"}
    info = (await ask(sim, "getWebhookInfo"))["result"]
    assert info["url"] == receiver.url
    assert info["last_error_message"] == "Wrong response from the webhook: 500"
    refused = await ask(sim, "getUpdates")
    assert refused["description"] == (
        "Conflict: can't use getUpdates method while webhook is active; "
        "use deleteWebhook to delete the webhook first"
    )


async def test_webhook_is_parallel_between_chats_only(sim, receiver):
    """Different chats go side by side, up to max_connections."""
    receiver.slow = 0.05
    await ask(sim, "setWebhook", url=receiver.url, max_connections=4)
    for number in range(2):
        for person in range(8):
            await sim.person(100 + person).sends(f"{number}")
    await sim.waits_for(lambda s: s.webhook_pending == 0)
    assert receiver.most_open == 4
    for person in range(8):
        mine = [u["message"] for u in receiver.taken if u["message"]["from"]["id"] == 100 + person]
        assert [message["text"] for message in mine] == ["0", "1"]


async def test_updates_come_back_when_the_webhook_goes(sim):
    """A refused connection loses nothing: polling finds the update."""
    await ask(sim, "setWebhook", url="http://127.0.0.1:1/hook")
    await sim.person(42).sends("halo")
    await sim.waits_for(lambda s: s.webhook.failed)
    await ask(sim, "deleteWebhook")
    assert texts(await ask(sim, "getUpdates")) == ["halo"]
    await ask(sim, "deleteWebhook", drop_pending_updates=True)
    assert texts(await ask(sim, "getUpdates")) == []


async def test_latency_counts_both_ways():
    """Half of the round trip before the effect, half after it."""
    loop = asyncio.get_running_loop()
    async with Simulator(faults=Faults(latency=0.2)) as sim:
        siti = sim.person(42)
        await siti.sends("/start")
        began = loop.time()
        asking = asyncio.create_task(ask(sim, "sendMessage", chat_id=42, text="a"))
        await siti.waits_for(lambda person: person.from_bot)
        assert 0.1 <= loop.time() - began < 0.2
        await asking
        assert loop.time() - began >= 0.2


@pytest.mark.parametrize("kind", sorted(kinds.ALL))
async def test_every_kind_of_message_is_one_of_telegrams(kind):
    """Also forwarded, by way of another bot, and as a reply: independent models know each."""
    async with Simulator(strict=True) as sim:
        siti = sim.person(42)
        group = sim.group(-5, members=[siti]) if kind in kinds.IN_GROUPS else None
        first = (await siti.sends("halo", group))["message"]
        for more in ({}, kinds.forwarded(sim.world), kinds.via_bot(), kinds.reply_to(first)):
            await siti.sends_kind(kind, group, **more)
        assert sim.updates_unconfirmed == 5


async def test_a_kind_that_nobody_knows_and_half_a_character_can_be_sent(sim):
    """As JSON carries them; a strict simulator lets them pass where it is told to."""
    async with Simulator(strict=True) as strict:
        siti = strict.person(42)
        with pytest.raises(ValueError, match="hologram"):
            siti._send({"hologram": 1}, None)
        await siti.sends_raw({"hologram": {"depth": 3}})
        await siti.sends_raw({"text": "a\ud83d"})
        first, second = (await ask(strict, "getUpdates"))["result"]
    assert first["message"]["hologram"] == {"depth": 3}
    assert second["message"]["text"] == "a\ud83d"


async def test_a_live_location_moves_and_taps_need_no_message(sim):
    """An edited message without a new text; a tap of an inline message, and of none."""
    siti = sim.person(42)
    sent = (await siti.sends_kind("live_location"))["message"]
    await siti.moves(sent["message_id"], -1.5, 103.5)
    await siti.taps_inline("x", "AAMC")
    await siti.taps_inline("y", None)
    _, moved, inline, bare = (await ask(sim, "getUpdates"))["result"]
    assert moved["edited_message"]["location"]["latitude"] == -1.5
    assert inline["callback_query"]["inline_message_id"] == "AAMC"
    assert set(bare["callback_query"]) == {"id", "from", "chat_instance", "data"}
    assert len(siti.unanswered) == 2
