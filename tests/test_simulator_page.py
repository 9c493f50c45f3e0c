"""The JSON API behind the chat page, and what a person sees and waits for."""

import asyncio
import json
import sys

import aiohttp
import pytest
import pytest_asyncio

from simulator import Simulator

PNG = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + b"\0\0\0\x10\0\0\0\x10" + b"\0" * 9


@pytest_asyncio.fixture
async def sim():
    """A strict simulator."""
    async with Simulator(strict=True) as simulator:
        yield simulator


@pytest_asyncio.fixture
async def web(sim):
    """A browser's side of it."""
    async with aiohttp.ClientSession(sim.url) as session:
        yield session


async def got(web, path):
    """GET, decoded."""
    async with web.get(path) as answer:
        return await answer.json()


async def posted(web, path, **wish):
    """POST of a JSON object, decoded."""
    async with web.post(path, json=wish) as answer:
        return await answer.json()


async def form(web, *files, **fields):
    """POST of a form to /sim/send."""
    data = aiohttp.FormData({name: str(value) for name, value in fields.items()})
    for content in files:
        data.add_field("file", content, filename="file.bin")
    async with web.post("/sim/send", data=data) as answer:
        return await answer.json()


async def bot(web, sim, method, **parameters):
    """A request of the bot."""
    return await posted(web, f"/bot{sim.token}/{method}", **parameters)


async def test_people(sim, web):
    """People are listed with the bot, and new ones are made."""
    made = await posted(web, "/sim/people", name="Tono", about="ketua RT 05")
    listed = await got(web, "/sim/people")
    assert listed["people"] == [made]
    assert made["name"] == "Tono"
    assert listed["bot"]["username"] == "bantar_demo_bot"


async def test_chat(sim, web):
    """Sending, the bot's answer, its keyboard, a tap and the notice."""
    sim.person(42)
    assert (await got(web, "/sim/chat/42"))["started"] is False
    sent = await form(web, person=42, kind="text", text="/start")
    assert len(sent["message_ids"]) == len(sent["update_ids"]) == 1
    keyboard = {"keyboard": [["Lapor"]], "input_field_placeholder": "Tulis di sini"}
    await bot(web, sim, "sendMessage", chat_id=42, text="Halo", reply_markup=keyboard)
    inline = {"inline_keyboard": [[{"text": "Ya", "callback_data": "y"}]]}
    asked = await bot(web, sim, "sendMessage", chat_id=42, text="Benar?", reply_markup=inline)
    chat = await got(web, "/sim/chat/42")
    assert [(m["text"], m["mine"]) for m in chat["messages"]] == [
        ("/start", True),
        ("Halo", False),
        ("Benar?", False),
    ]
    assert chat["keyboard"] == [[{"text": "Lapor"}]]
    assert chat["keyboard_placeholder"] == "Tulis di sini"
    number = asked["result"]["message_id"]
    tap = await posted(web, "/sim/tap", person=42, message_id=number, data="y")
    assert (await got(web, "/sim/stats"))["unanswered"] == 1
    await bot(
        web, sim, "answerCallbackQuery", callback_query_id=tap["callback_query_id"], text="Baik"
    )
    assert sim.person(42).notices[0]["text"] == "Baik"
    await posted(web, "/sim/edit", person=42, message_id=sent["message_ids"][0], text="/menu")
    assert sim.person(42).messages[0]["text"] == "/menu"
    assert (await posted(web, "/sim/block", person=42, blocked=True)) == {"blocked": True}
    assert (await got(web, "/sim/chat/42"))["blocked"] is True


async def test_media(sim, web):
    """Files go in through the form and come out by id."""
    sim.person(42)
    for kind in ("photo", "voice", "document", "video"):
        assert len((await form(web, PNG, person=42, kind=kind, text="k"))["update_ids"]) == 1
    assert len((await form(web, PNG, PNG, person=42, kind="album"))["update_ids"]) == 2
    await form(web, person=42, kind="location", latitude=-1.6, longitude=103.6)
    await form(web, person=42, kind="sticker")
    await form(web, person=42, kind="contact")
    assert sim.person(42).messages[-1]["contact"]["user_id"] == 42
    file_id = sim.person(42).messages[0]["photo"][-1]["file_id"]
    async with web.get(f"/sim/file/{file_id}") as answer:
        assert (answer.content_type, await answer.read()) == ("image/png", PNG)


async def test_refusals_are_json(sim, web):
    """Nonsense is answered, not a traceback."""
    sim.person(42)
    assert (await form(web, person=42, kind="text", text=" "))["ok"] is False
    assert (await form(web, person=99, kind="text", text="a"))["error_code"] == 404
    assert (await form(web, person=42, kind="location", latitude="x", longitude=1))["ok"] is False
    assert (await form(web, person=42, kind="voice", duration="x"))["ok"] is False
    assert (await posted(web, "/sim/tap", person=42))["ok"] is False
    assert (await posted(web, "/sim/edit", person=42, message_id="x"))["ok"] is False
    assert (await posted(web, "/sim/people", id="x"))["ok"] is False
    assert (await posted(web, "/sim/faults", rules=[{"kind": "explode"}]))["ok"] is False
    assert (await got(web, "/page/../server.py"))["error_code"] == 404
    assert (await got(web, "/page/%2e%2e/server.py"))["error_code"] == 404


async def heard_by_page(web, count, **options):
    """The first so many events; the server's name for its run, said first, is not one."""
    found = []
    async with web.get("/sim/events", **options) as stream:
        async for line in stream.content:
            if line.startswith(b"data: {"):
                found.append(json.loads(line[6:]))
                if len(found) == count:
                    return found


async def test_events_resume(sim, web):
    """The page hears everything once, also after a lost connection."""
    siti = sim.person(42)
    await siti.sends("satu")
    listening = asyncio.create_task(heard_by_page(web, 3))
    await bot(web, sim, "sendMessage", chat_id=42, text="dua")
    await bot(web, sim, "sendChatAction", chat_id=42, action="typing")
    heard = await asyncio.wait_for(listening, 5)
    assert [(event["kind"], event["person"]) for event in heard] == [
        ("message", 42),
        ("message", 42),
        ("typing", 42),
    ]
    assert [event["message"]["mine"] for event in heard[:2]] == [True, False]
    known = {"Last-Event-ID": str(heard[0]["seq"])}
    later = await asyncio.wait_for(heard_by_page(web, 2, headers=known), 5)
    assert later == heard[1:]


async def test_a_restarted_server_has_another_name(sim, web):
    """The page learns from the first line of the stream that its numbers hold no more."""
    async with web.get("/sim/events?since=7") as stream:
        assert await stream.content.readline() == b"event: run\n"
        name = json.loads((await stream.content.readline()).removeprefix(b"data: "))
    sim.person(42)
    assert (await got(web, "/sim/people"))["run"] == name
    assert (await got(web, "/sim/chat/42"))["run"] == name
    assert Simulator().world.run != name


async def test_buttons_that_ask_for_a_place_or_contact(sim, web):
    """The page gets them as such; a keyboard for one time goes once such a button was used."""
    siti = sim.person(42)
    await siti.sends("/start")
    place, contact = {"text": "Lokasi", "request_location": True}, {"text": "Nomor"}
    contact["request_contact"] = True
    keyboard = {"keyboard": [[place, contact], ["Menu"]], "one_time_keyboard": True}
    for use in (
        siti.sends_location(-1.6, 103.6),
        siti.sends_contact(),
        siti.sends("Menu"),
    ):
        await bot(web, sim, "sendMessage", chat_id=42, text="Di mana?", reply_markup=keyboard)
        assert siti.keyboard == [["Lokasi", "Nomor"], ["Menu"]]
        assert siti.keyboard_buttons == [[place, contact], [{"text": "Menu"}]]
        assert (await got(web, "/sim/chat/42"))["keyboard"] == siti.keyboard_buttons
        before = sim.world.seq
        await use
        assert siti.keyboard is None
        event = (await asyncio.wait_for(heard_by_page(web, 1, params={"since": before}), 5))[0]
        assert (event["kind"], event["keyboard"]) == ("keyboard", None)


async def test_a_keyboard_stays_when_it_was_not_used(sim, web):
    """Own words, and a place that no button asked for, leave it where it is."""
    siti = sim.person(42)
    await siti.sends("/start")
    keyboard = {"keyboard": [["Menu"]], "one_time_keyboard": True}
    await bot(web, sim, "sendMessage", chat_id=42, text="Silakan", reply_markup=keyboard)
    await siti.sends("menu")
    await siti.sends_location(-1.6, 103.6)
    assert siti.keyboard == [["Menu"]]


async def test_a_long_run_remembers_only_the_last_of_it():
    """The log of sends and the taps are bounded; numbers go on counting."""
    inline = {"inline_keyboard": [[{"text": "Ya", "callback_data": "y"}]]}
    async with Simulator(remembered=2) as sim, aiohttp.ClientSession(sim.url) as session:
        siti = sim.person(42)
        await siti.sends("/start")
        taps = []
        for text in ("satu", "dua", "tiga"):
            await bot(session, sim, "sendMessage", chat_id=42, text=text, reply_markup=inline)
            taps.append(await siti.taps("Ya"))
        assert [line["k"] for line in await got(session, "/sim/sent?since=0")] == [2, 3]
        assert [line["text"] for line in await got(session, "/sim/sent?since=2")] == ["tiga"]
        assert siti.unanswered == taps[1:]
        answer = await bot(session, sim, "answerCallbackQuery", callback_query_id=taps[0])
        assert answer["description"].startswith("Bad Request: query is too old")
        await bot(session, sim, "answerCallbackQuery", callback_query_id=taps[1])
        assert [notice["id"] for notice in siti.notices] == taps[1:2]
        await siti.taps("Ya")
        assert siti.notices == []


async def test_load_for_benches(sim, web):
    """Many texts at once, the log of what was sent, and faults from outside."""
    async with web.post("/sim/updates", json=[{"person": 7, "text": "a"}] * 3) as answer:
        assert len((await answer.json())["update_ids"]) == 3
    for text in ("satu", "dua"):
        await bot(web, sim, "sendMessage", chat_id=7, text=text)
    sent = await got(web, "/sim/sent?since=1")
    assert [(line["k"], line["person"], line["text"]) for line in sent] == [(2, 7, "dua")]
    shot = {"method": "sendMessage", "kind": "status", "code": 500}
    await posted(web, "/sim/faults", next=[shot])
    assert (await bot(web, sim, "sendMessage", chat_id=7, text="a"))["error_code"] == 500
    stats = await got(web, "/sim/stats")
    assert stats["requests"]["sendMessage"] == 3
    assert stats["faults"] == {"status": 1}


async def test_waiting_says_what_was_there_instead(sim, web):
    """A test that waits in vain shows the last messages."""
    siti = sim.person(42)
    await siti.sends("/start")
    waiting = asyncio.create_task(siti.waits_for(lambda person: person.from_bot))
    await bot(web, sim, "sendMessage", chat_id=42, text="Halo")
    assert (await waiting)[0]["text"] == "Halo"
    with pytest.raises(TimeoutError, match="Halo"):
        await siti.waits_for(lambda person: len(person.from_bot) > 1, timeout=0.05)
    with pytest.raises(LookupError, match="no inline button 'Ya'"):
        await siti.taps("Ya")


async def test_command_line(tmp_path):
    """python -m simulator prints its address and serves until it is told to stop."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "simulator", "--port", "0", stdout=asyncio.subprocess.PIPE
    )
    url = (await process.stdout.readline()).decode().strip()
    async with aiohttp.ClientSession(url) as session:
        assert (await got(session, "/bot123456:TEST/getMe"))["result"]["is_bot"] is True
    process.terminate()
    assert await asyncio.wait_for(process.wait(), 5) == 0
