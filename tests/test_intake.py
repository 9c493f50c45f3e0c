"""Updates on their way in: kept before Telegram hears so, never lost, never handled twice."""

from __future__ import annotations

import asyncio
import hmac
import json
import socket
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from conftest import TOKEN, Bot, Warga
from rig import another_bot, put_in_place, refused
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from jobs import intake
from jobs.failures import Stop
from jobs.intake import chat_of, received, sorted_out
from simulator import Simulator
from storage import inbox as rows
from storage.tables import inbox

SECRET = "a-secret-of-the-webhook"
NO_DISK = OperationalError("insert", {}, Exception("disk is full"))
Asked = list[tuple[str, dict[str, Any]]]


@pytest.fixture(autouse=True)
def _short_back_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "LONGEST_BACK_OFF", 0.05)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """Every call that the intake makes, in order."""
    calls: Asked = []
    real = intake.call

    async def call(bot: Any, method: str, params: dict[str, Any], **options: Any) -> Any:
        calls.append((method, dict(params)))
        return await real(bot, method, params, **options)

    monkeypatch.setattr(intake, "call", call)
    return calls


@pytest.fixture
async def idle(simulator: Simulator, tmp_path: Path, empty_database: Path) -> AsyncIterator[Bot]:
    """A polling bot that the test starts."""
    put_in_place(tmp_path, empty_database)
    async with another_bot(simulator, tmp_path) as made:
        yield made


@pytest.fixture
async def hooked(simulator: Simulator, tmp_path: Path, empty_database: Path) -> AsyncIterator[Bot]:
    """A webhook bot that the test starts."""
    put_in_place(tmp_path, empty_database)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    hook = {"url": f"http://127.0.0.1:{port}/masuk", "secret": SECRET, "port": port}
    account = {"token": TOKEN, "api_url": simulator.url, "mode": "webhook", "webhook": hook}
    async with another_bot(simulator, tmp_path, telegram=account) as made:
        yield made


def kept(bot: Bot, state: str | None = None) -> list[Any]:
    query = select(inbox).order_by(inbox.c.id)
    return bot.rows(query if state is None else query.where(inbox.c.state == state))


async def sets_webhook(simulator: Simulator, url: str) -> None:
    """Somebody sets a webhook behind the bot's back."""
    async with aiohttp.ClientSession() as http:
        address = f"{simulator.url}/bot{TOKEN}/setWebhook"
        async with http.post(address, json={"url": url}) as answer:
            assert answer.status == 200


async def posts(bot: Bot, body: bytes, secret: bytes | None = SECRET.encode()) -> int:
    """Deliver a body to the webhook by hand; gives the status of the answer.

    Written to the socket as it is: a client library would refuse some of these headers.
    """
    hook = bot.settings.telegram.webhook
    reader, writer = await asyncio.open_connection("127.0.0.1", hook.port)
    head = b"POST /masuk HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    if secret is not None:
        head += b"X-Telegram-Bot-Api-Secret-Token: " + secret + b"\r\n"
    writer.write(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    line = await reader.readline()
    writer.close()
    return int(line.split()[1])


async def listens(bot: Bot) -> None:
    await bot.start()
    await bot.until(lambda: bool(bot.simulator.webhook.url))


def update(number: int, person: int = 301, text: str = "halo") -> bytes:
    sender = {"id": person, "is_bot": False, "first_name": "Siti"}
    chat = {"id": person, "type": "private", "first_name": "Siti"}
    message = {"message_id": 1, "date": 1, "chat": chat, "from": sender, "text": text}
    return json.dumps({"update_id": number, "message": message}).encode()


# --- polling ----------------------------------------------------------------------------------


async def test_an_update_is_confirmed_only_after_it_is_kept(
    bot: Bot, siti: Warga, asked: Asked, monkeypatch: pytest.MonkeyPatch
):
    """While the database takes nothing Telegram keeps the update, and nothing is lost."""
    await bot.until(lambda: bot.simulator.world.queue.polled)

    def add(*_: Any) -> None:
        raise NO_DISK

    with monkeypatch.context() as broken:
        broken.setattr(rows, "add", add)
        await siti.person.sends("/bantuan")
        await bot.until(lambda: len(asked) >= 3)
        assert bot.simulator.updates_unconfirmed == 1
        assert all("offset" not in params for _, params in asked)
        assert kept(bot) == []
    await bot.settles()
    assert len(siti.texts) == 1
    assert len(kept(bot)) == 1


async def test_the_first_question_has_no_offset_and_later_ones_confirm_what_is_kept(
    idle: Bot, asked: Asked, monkeypatch: pytest.MonkeyPatch
):
    """Update numbers may start anew after a quiet week, so none is remembered over a restart."""
    siti = idle.person(301)
    unkept = []
    remembering = intake.call

    async def call(bot: Any, method: str, params: dict[str, Any], **options: Any) -> Any:
        if "offset" in params:
            numbers = [row.update_id for row in kept(idle)]
            unkept.extend([params["offset"]] if params["offset"] - 1 not in numbers else [])
        return await remembering(bot, method, params, **options)

    monkeypatch.setattr(intake, "call", call)
    await idle.start()
    for text in ("/menu", "/bantuan"):
        await siti.sends(text)
    questions = [params for method, params in asked if method == "getUpdates"]
    last = kept(idle)[-1].update_id
    assert "offset" not in questions[0]
    await idle.until(lambda: idle.simulator.world.queue.polled)
    assert asked[-1][1]["offset"] == last + 1
    assert unkept == []
    assert questions[0]["allowed_updates"] == intake.ALLOWED_UPDATES


async def test_an_update_that_comes_twice_is_kept_once(
    bot: Bot, siti: Warga, caplog: pytest.LogCaptureFixture
):
    """Telegram may deliver an update again, also after it was handled: that is no failure."""
    await siti.sends("/bantuan")
    await siti.person.sends_update_again()
    await bot.settles()
    await siti.sends("/menu")
    assert len(kept(bot)) == 2
    assert len(siti.texts) == 2
    assert "no updates" not in caplog.text


async def test_a_webhook_that_is_set_is_removed_and_no_update_with_it(idle: Bot, asked: Asked):
    """Who tried a webhook yesterday can poll today; what waits is handled."""
    await sets_webhook(idle.simulator, "http://127.0.0.1:9/nobody")
    siti = idle.person(301)
    await siti.person.sends("/menu")
    await siti.person.sends("/bantuan")
    await idle.start()
    await idle.settles()
    assert len(siti.texts) == 2
    assert idle.simulator.webhook.url == ""
    assert ("deleteWebhook", {"drop_pending_updates": False}) in asked


async def test_a_webhook_that_is_set_while_polling_is_removed_too(bot: Bot, siti: Warga):
    """Telegram answers 409 then; that is no second poller."""
    await bot.until(lambda: bot.simulator.world.queue.polled)
    await sets_webhook(bot.simulator, "http://127.0.0.1:9/nobody")
    await siti.person.sends("/menu")
    await bot.until(lambda: len(siti.texts) == 1 and not bot.simulator.webhook.url)
    await siti.sends("/bantuan")
    assert len(siti.texts) == 2
    assert all("webhook is active" in words for words in refused(bot.simulator))


async def test_a_restart_goes_on_where_the_bot_stopped(idle: Bot):
    """What came meanwhile is handled, what was handled is not, whatever the numbers are."""
    siti = idle.person(301)
    await idle.start()
    await siti.sends("/menu")
    await idle.stop()
    idle.simulator.world.queue.next_id = 17  # Telegram's random number after a quiet week
    await siti.person.sends("/bantuan")
    await idle.start()
    await idle.settles()
    assert len(siti.texts) == 2
    assert [(row.state, row.update_id) for row in kept(idle)][1:] == [("done", 17)]


async def test_a_second_poller_is_noticed_although_updates_come(
    simulator: Simulator,
    tmp_path: Path,
    empty_database: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    """Two bots with one token take turns; one of them stops, the other goes on."""
    monkeypatch.setattr(intake, "CONFLICT_SECONDS", 1.5)
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
        put_in_place(folder, empty_database)
    siti = simulator.person(301)
    async with another_bot(simulator, folders[0]) as one:
        async with another_bot(simulator, folders[1]) as two:
            await one.start()
            await two.start()
            tasks = [bot._task for bot in (one, two) if bot._task]
            began = time.monotonic()
            while not any(task.done() for task in tasks) and time.monotonic() < began + 8:
                await siti.sends("halo")
                await asyncio.wait(tasks, timeout=0.05, return_when=asyncio.FIRST_COMPLETED)
            ends = [task.exception() for task in tasks if task.done()]
    assert [type(end) for end in ends] == [Stop]
    assert "another process polls" in str(ends[0])
    assert all("terminated by other getUpdates" in words for words in refused(simulator))


async def test_an_outage_of_telegram_is_waited_out(bot: Bot, siti: Warga):
    """Whatever the errors are, updates that came meanwhile are handled afterwards."""
    for kind, details in (("status", {"code": 502}), ("html", {}), ("reset_after", {}),
                          ("too_many", {"retry_after": 1})):  # fmt: skip
        bot.simulator.faults.next("getUpdates", kind, **details)
    for text in ("/menu", "/bantuan", "/menu"):
        await siti.person.sends(text)
    await bot.settles()
    await bot.until(lambda: len(siti.texts) == 3)
    assert len(kept(bot)) == 3


# --- webhook ----------------------------------------------------------------------------------


async def test_the_webhook_is_set_with_its_secret_and_drops_nothing(hooked: Bot, asked: Asked):
    """What came before the start is delivered; no getUpdates is ever asked."""
    siti = hooked.person(301)
    await siti.person.sends("/menu")
    await listens(hooked)
    await hooked.settles()
    method, params = asked[0]
    assert (method, params["secret_token"]) == ("setWebhook", SECRET)
    assert params["url"] == hooked.settings.telegram.webhook.url
    assert params["allowed_updates"] == intake.ALLOWED_UPDATES
    assert not params.get("drop_pending_updates")
    assert len(siti.texts) == 1
    assert hooked.simulator.stats.requests["getUpdates"] == 0


@pytest.mark.parametrize("secret", [None, b"", b"wrong", SECRET.upper().encode(), b"\xff\xfe"])
async def test_a_wrong_secret_is_refused(
    hooked: Bot, secret: bytes | None, monkeypatch: pytest.MonkeyPatch
):
    """401, before the body is looked at, in a comparison that takes the same time always."""
    compared = []
    real = hmac.compare_digest

    def compare(given: Any, wanted: Any) -> bool:
        compared.append(wanted)
        return real(given, wanted)

    await listens(hooked)
    monkeypatch.setattr(intake.hmac, "compare_digest", compare)
    assert await posts(hooked, update(1), secret) == 401
    assert compared == [SECRET.encode()]
    assert kept(hooked) == []
    assert await posts(hooked, update(2)) == 200


async def test_an_update_is_kept_when_telegram_gets_its_200(hooked: Bot):
    """Committed first, answered then; the same update again is answered and not kept twice."""
    await listens(hooked)
    assert await posts(hooked, update(7)) == 200
    assert [row.update_id for row in kept(hooked)] == [7]
    assert await posts(hooked, update(7)) == 200
    assert [row.update_id for row in kept(hooked)] == [7]
    await hooked.until(lambda: bool(kept(hooked, "done")))
    await hooked.until(lambda: bool(hooked.simulator.refusals))
    assert refused(hooked.simulator) == ["Bad Request: chat not found"]  # nobody is there


async def test_a_body_over_the_limit_is_refused(hooked: Bot):
    """No update of Telegram is so large; memory is not for strangers to fill."""
    await listens(hooked)
    assert await posts(hooked, b" " * (intake.BODY_LIMIT + 1)) == 413
    assert kept(hooked) == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"5",
        b"null",
        b"{}",
        b'{"update_id": "1"}',
        b'{"update_id": 1180591620717411303424}',
        b'{"update_id": 1, "message": {"chat": {"id": 1180591620717411303424}}}',
        b'{"update_id": 1, "message": "\\ud83d"}',
        b"\xff\xfe\x00",
        b"[" * 100_000,
    ],
    ids=lambda body: body[:30].decode("latin-1") or "empty",
)
async def test_a_body_that_is_no_update_is_kept_aside(hooked: Bot, body: bytes):
    """200, or Telegram would send it for ever; the operator finds it, the bot goes on."""
    await listens(hooked)
    assert await posts(hooked, body) == 200
    assert [row.state for row in kept(hooked)] == ["poison"]
    assert kept(hooked)[0].error
    siti = hooked.person(301)
    await siti.sends("/menu")
    assert len(siti.texts) == 1


async def test_a_database_that_takes_nothing_is_no_confirmation(
    hooked: Bot, monkeypatch: pytest.MonkeyPatch
):
    """503, for updates and for what is none, so Telegram delivers again, in order."""
    siti = hooked.person(301)
    await listens(hooked)

    def fail(*_: Any) -> None:
        raise NO_DISK

    with monkeypatch.context() as broken:
        broken.setattr(rows, "add", fail)
        broken.setattr(rows, "add_poison", fail)
        assert await posts(hooked, update(1)) == 503
        assert await posts(hooked, b"{}") == 503
        await siti.person.sends("/menu")
        await siti.person.sends("/bantuan")
        await hooked.until(lambda: hooked.simulator.webhook.failed >= 1)
        assert hooked.simulator.webhook_pending == 2
    await hooked.settles()
    assert len(siti.texts) == 2
    assert [row.state for row in kept(hooked)] == ["done"] * 2


async def test_updates_of_one_chat_are_handled_in_their_order(hooked: Bot):
    """Also when several chats write at once and deliveries fail in between."""
    people = [hooked.person(300 + i) for i in range(4)]
    await listens(hooked)
    hooked.simulator.faults.set("webhook", "delay", probability=0.3, seconds=0.01)
    for _ in range(6):
        for person in people:
            await person.person.sends("/menu")
    await hooked.settles()
    for person in people:
        numbers = [row.update_id for row in kept(hooked) if row.chat_id == person.id]
        assert len(numbers) == 6
        assert numbers == sorted(numbers)


async def test_a_delivery_that_has_begun_is_finished_before_the_bot_stops(
    hooked: Bot, monkeypatch: pytest.MonkeyPatch
):
    """An answer of 200 is as true at the end as it is before."""
    await listens(hooked)
    real, begun = rows.add, threading.Event()

    def slowly(*given: Any) -> None:
        begun.set()
        time.sleep(0.3)
        real(*given)

    monkeypatch.setattr(rows, "add", slowly)
    delivery = asyncio.create_task(posts(hooked, update(5)))
    await hooked.until(begun.is_set)
    await hooked.stop()
    assert await delivery == 200
    assert [row.update_id for row in kept(hooked)] == [5]
    refused(hooked.simulator)


async def test_a_port_in_use_stops_the_bot_with_one_sentence(hooked: Bot):
    """The operator reads which address it is."""
    hook = hooked.settings.telegram.webhook
    with socket.socket() as other:
        other.bind((hook.listen, hook.port))
        other.listen()
        await hooked.start()
        with pytest.raises(Stop, match=rf"^cannot listen on {hook.listen}:{hook.port}: .*\.$"):
            await hooked.until(lambda: False)


# --- which chat an update belongs to ----------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "chat"),
    [
        ({"message": {"chat": {"id": 5}, "from": {"id": 9}}}, 5),
        ({"edited_message": {"chat": {"id": -7}, "from": {"id": 9}}}, -7),
        ({"callback_query": {"from": {"id": 9}, "message": {"chat": {"id": -7}}}}, -7),
        ({"callback_query": {"from": {"id": 9}, "inline_message_id": "x"}}, 9),
        ({"my_chat_member": {"chat": {"id": 5}, "from": {"id": 9}}}, 5),
        ({"poll": {"id": "1"}}, 0),
        ({"poll": "nonsense"}, 0),
        ({}, 0),
    ],
)
def test_an_update_belongs_to_its_chat(raw: dict[str, Any], chat: int):
    """The order of updates is the order within this chat."""
    assert chat_of({"update_id": 1, **raw}) == chat
    assert received({"update_id": 1, **raw}).chat_id == chat


def test_one_bad_update_of_a_batch_is_kept_aside():
    """What comes with it and after it is kept as always."""
    good = {"update_id": 2, "message": {"chat": {"id": 5}}}
    bad = {"update_id": 1, "message": {"chat": {"id": 5}, "text": "\ud83d"}}
    updates, poison = sorted_out([bad, good])
    assert [one.update_id for one in updates] == [2]
    assert poison == [(json.dumps(bad), "UnicodeEncodeError")]


def test_an_update_is_kept_as_it_came():
    """With fields that the library does not know, and letters as they are."""
    raw = {"update_id": 3, "message": {"chat": {"id": 5}, "text": "parit 🌧", "new_field": [1]}}
    one = received(raw)
    assert one.update_id == 3
    assert json.loads(one.body) == raw
    assert "🌧" in one.body
