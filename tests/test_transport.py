"""HTTP to Telegram: what goes out, what comes back, and what an error means."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from conftest import picture, settings_for
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, InputFile, InputMediaPhoto
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    RetryAfter,
    TelegramError,
)
from telegram.request import RequestData
from telegram.request._requestparameter import RequestParameter

from jobs import transport
from jobs.runtime import make_bot
from jobs.transport import AiohttpRequest, NotSent, Unknown, call
from simulator import Person, Simulator

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
HTML = "<html><body>Bad Gateway of the proxy</body></html>"


class Server:
    """A server that answers as a test tells it, and remembers what it was asked."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[tuple[str, bytes]] = []  # content type, body
        self.status = 200
        self.body = '{"ok":true,"result":true}'

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append((request.content_type, await request.read()))
        return web.Response(status=self.status, text=self.body)

    def refuses(self, status: int, description: str, **parameters: Any) -> None:
        self.status = status
        answer = {"ok": False, "error_code": status, "description": description}
        self.body = json.dumps({**answer, "parameters": parameters} if parameters else answer)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    made = Server()
    app = web.Application(client_max_size=100_000_000)
    app.router.add_route("*", "/{tail:.*}", made.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    await runner.cleanup()


async def opened(url: str, folder: Path) -> Bot:
    bot = make_bot(settings_for(folder, url))
    await bot.request.initialize()
    return bot


@pytest.fixture
async def raw(server: Server, tmp_path: Path) -> AsyncIterator[Bot]:
    """The bot's own Bot object in front of that server."""
    bot = await opened(server.url, tmp_path)
    yield bot
    await bot.request.shutdown()


@pytest.fixture
async def real(simulator: Simulator, tmp_path: Path) -> AsyncIterator[Bot]:
    """The same in front of the simulated Telegram."""
    bot = await opened(simulator.url, tmp_path)
    yield bot
    await bot.request.shutdown()
    assert simulator.refusals == []


@pytest.fixture
async def siti(simulator: Simulator) -> Person:
    person = simulator.person(301)
    await person.sends("/start")
    return person


# --- what goes out ----------------------------------------------------------------------------


async def test_a_photo_is_uploaded_and_comes_back_the_same(real: Bot, siti: Person):
    """Multipart with the bytes, a caption with markup and buttons; and the download of it."""
    content = picture(77)
    button = InlineKeyboardMarkup.from_button(InlineKeyboardButton("Ya", callback_data="ya"))
    sent = await real.send_photo(
        siti.id, content, caption="<b>parit</b> 🌧", parse_mode="HTML", reply_markup=button
    )
    shown = siti.from_bot[-1]
    assert shown["caption"] == "parit 🌧"
    assert shown["reply_markup"]["inline_keyboard"][0][0]["callback_data"] == "ya"
    file = await real.get_file(sent.photo[-1].file_id)
    assert bytes(await file.download_as_bytearray()) == content


async def test_an_album_of_uploads_arrives_whole(real: Bot, siti: Person):
    """Several files in one request, each attached under its name."""
    shades = (10, 20, 30)
    media = [InputMediaPhoto(picture(shade), caption=str(shade)) for shade in shades]
    sent = await real.send_media_group(siti.id, media)
    assert [m["caption"] for m in siti.from_bot] == ["10", "20", "30"]
    files = [await real.get_file(message.photo[-1].file_id) for message in sent]
    contents = [bytes(await file.download_as_bytearray()) for file in files]
    assert contents == [picture(shade) for shade in shades]


async def test_a_document_keeps_its_name(real: Bot, siti: Person):
    """Such as an export with letters beyond ASCII in its name."""
    await real.send_document(siti.id, b"x" * 300_000, filename="laporan – Nopember.csv")
    document = siti.from_bot[-1]["document"]
    assert (document["file_name"], document["file_size"]) == ("laporan – Nopember.csv", 300_000)


async def test_a_file_of_ours_is_read_while_it_is_sent(
    real: Bot, siti: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Under the name that the call gives it, never whole in memory, with the time of an upload."""
    (tmp_path / "exports").mkdir()
    file = tmp_path / "exports" / "7.csv"
    file.write_bytes(b"0123456789" * 2_000_000)
    params = {
        "chat_id": siti.id,
        "document": {"upload": "exports/7.csv", "name": "laporan – Nopember.csv"},
        "caption": "<b>a</b>",
        "parse_mode": "HTML",
    }
    timeouts: list[float] = []
    post = real.request.post

    async def timed(url: str, data: RequestData, read_timeout: float) -> Any:
        for _, opened, _ in data.multipart_data.values():
            assert isinstance(opened, io.BufferedReader)
        timeouts.append(read_timeout)
        return await post(url, data, read_timeout=read_timeout)

    monkeypatch.setattr(real.request, "post", timed)
    await call(real, "sendDocument", params, folder=tmp_path)
    sent = siti.from_bot[-1]
    assert (sent["document"]["file_name"], sent["caption"]) == ("laporan – Nopember.csv", "a")
    assert sent["document"]["file_size"] == 20_000_000
    assert timeouts == [transport.UPLOAD_SECONDS]


async def test_a_file_that_is_gone_or_elsewhere_is_not_sent(
    raw: Bot, server: Server, tmp_path: Path
):
    """Nothing leaves."""
    for name, error in (("exports/8.csv", FileNotFoundError), ("bantar.db", ValueError)):
        params = {"chat_id": 5, "document": {"upload": name, "name": "a.csv"}}
        with pytest.raises(error):
            await call(raw, "sendDocument", params, folder=tmp_path)
    assert server.asked == []


async def test_a_file_is_downloaded_by_its_path(real: Bot, siti: Person):
    """As the tasks do it: getFile, then the path below /file."""
    content = picture(99)
    update = await siti.sends_photo(content)
    file_id = update["message"]["photo"][-1]["file_id"]
    file = await call(real, "getFile", {"file_id": file_id})
    address = f"{real.base_file_url}/{file['file_path']}"
    assert bytes(await real.request.retrieve(address)) == content


async def test_parameters_go_out_as_json(raw: Bot, server: Server):
    """Nested values stay what they are: nothing is encoded twice."""
    params = {
        "chat_id": 5,
        "text": "parit & got 🌧",
        "reply_markup": {"inline_keyboard": [[{"text": "Ya", "callback_data": "ya"}]]},
        "disable_notification": True,
    }
    assert await call(raw, "sendMessage", params) is True
    kind, body = server.asked[-1]
    assert kind == "application/json"
    assert json.loads(body) == params


async def test_an_upload_has_more_time_than_a_question(raw: Bot, monkeypatch: pytest.MonkeyPatch):
    """A photo over a slow line is not a failure; getUpdates has the time that it asks for."""
    given = []
    session = raw.request._session
    request = session.request

    def spy(*args: Any, **options: Any) -> Any:
        given.append(options["timeout"].sock_read)
        return request(*args, **options)

    monkeypatch.setattr(session, "request", spy)
    question = RequestParameter("photo", "file-id", None)
    upload = RequestParameter.from_input("photo", InputFile(b"x"))
    for data in (RequestData([question]), RequestData([upload])):
        await raw.request.do_request(f"{raw.base_url}/sendPhoto", "POST", data)
    await call(raw, "getUpdates", {}, read_timeout=35)
    assert given == [transport.READ_SECONDS, transport.UPLOAD_SECONDS, 35]


# --- what an error means ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "words", "kind"),
    [
        (400, "Bad Request: message is too long", BadRequest),
        (401, "Unauthorized", InvalidToken),
        (403, "Forbidden: bot was blocked by the user", Forbidden),
        (404, "Not Found", InvalidToken),
        (409, "Conflict: terminated by other getUpdates request", Conflict),
        (413, "Request Entity Too Large", BadRequest),
        (500, "Internal Server Error", Unknown),
        (502, "Bad Gateway", Unknown),
        (504, "Gateway Timeout", Unknown),
    ],
)
async def test_every_status_is_the_error_that_it_should_be(
    raw: Bot, server: Server, status: int, words: str, kind: type[TelegramError]
):
    """The sender's table begins here."""
    server.refuses(status, words)
    with pytest.raises(TelegramError) as caught:
        await call(raw, "sendMessage", {"chat_id": 5, "text": "x"})
    assert type(caught.value) is kind


async def test_details_of_a_refusal_are_kept(raw: Bot, server: Server):
    """How long to wait, and where a group went."""
    server.refuses(429, "Too Many Requests: retry after 17", retry_after=17)
    with pytest.raises(RetryAfter) as slow:
        await call(raw, "sendMessage", {"chat_id": 5, "text": "x"})
    assert slow.value.retry_after == timedelta(seconds=17)

    words = "Bad Request: group chat was upgraded to a supergroup chat"
    server.refuses(400, words, migrate_to_chat_id=-1001)
    with pytest.raises(ChatMigrated) as moved:
        await call(raw, "sendMessage", {"chat_id": -5, "text": "x"})
    assert moved.value.new_chat_id == -1001


@pytest.mark.parametrize(("status", "kind"), [(413, BadRequest), (502, Unknown), (200, Unknown)])
async def test_a_page_of_a_proxy_is_no_answer_of_telegram(
    raw: Bot,
    server: Server,
    status: int,
    kind: type[TelegramError],
    caplog: pytest.LogCaptureFixture,
):
    """HTML instead of JSON: the status decides, and the page is not logged."""
    server.status, server.body = status, HTML
    with caplog.at_level(logging.DEBUG), pytest.raises(TelegramError) as caught:
        await call(raw, "sendMessage", {"chat_id": 5, "text": "x"})
    assert type(caught.value) is kind
    assert "proxy" not in caplog.text


@pytest.mark.parametrize("kind", ["reset_before", "reset_after", "hang"])
async def test_a_lost_connection_leaves_the_outcome_unknown(
    real: Bot, simulator: Simulator, siti: Person, kind: str
):
    """Written, but without an answer: Telegram may have done it."""
    simulator.faults.next("sendMessage", kind)
    with pytest.raises(Unknown):
        await call(real, "sendMessage", {"chat_id": siti.id, "text": "x"}, read_timeout=0.2)
    assert len(siti.from_bot) == (kind == "reset_after")


async def test_a_closed_door_means_not_sent(tmp_path: Path):
    """Nobody listens there."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
        await _is_not_sent(url, tmp_path)


async def test_a_name_that_is_not_found_means_not_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """No DNS: the usual face of no network."""

    async def unknown(*_: Any, **__: Any) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", unknown)
    await _is_not_sent("http://telegram.example", tmp_path)


async def test_a_failed_handshake_means_not_sent(server: Server, tmp_path: Path):
    """TLS comes before the request."""
    await _is_not_sent(server.url.replace("http:", "https:"), tmp_path)
    assert server.asked == []


async def test_a_connection_that_takes_too_long_means_not_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The other side does not even take the call."""
    monkeypatch.setattr(transport, "CONNECT_SECONDS", 0.2)
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        waiting = [socket.socket() for _ in range(4)]  # they fill its queue
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(deaf.getsockname())
        await _is_not_sent(f"http://127.0.0.1:{deaf.getsockname()[1]}", tmp_path)
        for one in waiting:
            one.close()


async def _is_not_sent(url: str, folder: Path) -> None:
    bot = await opened(url, folder)
    try:
        with pytest.raises(NotSent) as caught:
            await call(bot, "sendMessage", {"chat_id": 5, "text": "rahasia"})
        assert bot.token not in str(caught.value)
        assert "rahasia" not in str(caught.value)
    finally:
        await bot.request.shutdown()


# --- life -------------------------------------------------------------------------------------


async def test_a_request_object_opens_once_and_closes_once():
    """python-telegram-bot opens it for polling and for sending: it is the same one here."""
    request = AiohttpRequest()
    with pytest.raises(RuntimeError):
        await request.do_request("http://127.0.0.1/", "GET")
    await request.initialize()
    session = request._session
    await request.initialize()
    assert request._session is session
    await request.shutdown()
    await request.shutdown()
    assert session is not None
    assert session.closed
