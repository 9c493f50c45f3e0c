"""What the simulator refuses, word for word as Telegram does."""

import io
import json

import aiohttp
import pytest
import pytest_asyncio

from simulator import Simulator
from simulator.entities import check_entities, formatted, parse_html
from simulator.files import picture_size
from simulator.rules import ApiError

NO_ACTION = "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
PIXEL = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + b"\0\0\0\x10\0\0\0\x10" + b"\0" * 9


@pytest_asyncio.fixture
async def sim():
    """A simulator with Siti, who pressed Start."""
    async with Simulator() as simulator:
        await simulator.person(42).sends("/start")
        yield simulator


async def ask(sim, method, **parameters):
    """One raw request; what the server answered."""
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{sim.url}/bot{sim.token}/{method}", json=parameters) as answer,
    ):
        body = await answer.json()
        assert answer.status == (200 if body["ok"] else body["error_code"])
        return body


def inline(*buttons):
    """An inline keyboard of one row."""
    return {"inline_keyboard": [list(buttons)]}


@pytest.mark.parametrize(
    ("html", "text", "entities"),
    [
        ("a <b>b</b> c", "a b c", [("bold", 2, 1)]),
        ("👋<i>x</i>", "👋x", [("italic", 2, 1)]),
        ("<b>a<i>b</i></b>", "ab", [("bold", 0, 2), ("italic", 1, 1)]),
        ("&lt;kayu&gt; &amp; &#65;&#x42; &nbsp;", "<kayu> & AB &nbsp;", []),
        ('<span class="tg-spoiler">s</span>', "s", [("spoiler", 0, 1)]),
        ("<blockquote expandable>q</blockquote>", "q", [("expandable_blockquote", 0, 1)]),
        ("<b></b>kosong", "kosong", []),
        (
            "<u>u</u><s>s</s><code>c</code>",
            "usc",
            [("underline", 0, 1), ("strikethrough", 1, 1), ("code", 2, 1)],
        ),
    ],
)
def test_html_becomes_text_and_entities(html, text, entities):
    """Offsets count UTF-16 units, tags vanish, only four names are decoded."""
    found_text, found = parse_html(html)
    assert found_text == text
    assert [(e["type"], e["offset"], e["length"]) for e in found] == entities


def test_links_and_languages():
    """A link carries its address, a code block its language."""
    assert (
        parse_html('<a href="https://a.id/?x=1&amp;y">t</a>')[1][0]["url"] == "https://a.id/?x=1&y"
    )
    block = parse_html('<pre><code class="language-sql">x</code></pre>')[1]
    assert block == [{"type": "pre", "offset": 0, "length": 1, "language": "sql"}]


@pytest.mark.parametrize(
    ("html", "reason"),
    [
        ("<b>a", 'Can\'t find end tag corresponding to start tag "b"'),
        ("a <kayu> b", 'Unsupported start tag "kayu" at byte offset 2'),
        ("é < 5", 'Unsupported start tag "" at byte offset 3'),
        ("a</b>", "Unexpected end tag at byte offset 1"),
        ("<b>a</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
        ("a <b", "Unclosed start tag at byte offset 2"),
    ],
)
def test_bad_html_is_refused(html, reason):
    """The words a developer will see in the log."""
    with pytest.raises(ApiError) as caught:
        parse_html(html)
    assert caught.value.description == f"Bad Request: can't parse entities: {reason}"


def test_text_is_trimmed_and_entities_move():
    """White space around a text is not sent."""
    text, found = formatted("  <b>a</b>\n", "HTML", None)
    assert (text, found) == ("a", [{"type": "bold", "offset": 0, "length": 1}])


def test_entities_out_of_range_are_refused():
    """Explicit entities must fit the text."""
    with pytest.raises(ApiError, match="ends after the end of the text"):
        check_entities("abc", [{"type": "bold", "offset": 1, "length": 3}])


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ({"text": " \n "}, "message text is empty"),
        ({"text": "<b> </b>", "parse_mode": "HTML"}, "message text is empty"),
        ({"text": "a" * 4097}, "message is too long"),
        ({"text": "a", "parse_mode": "BBCode"}, "unsupported parse_mode"),
        ({"text": "a", "chat_id": 43}, "chat not found"),
        ({"text": "a", "chat_id": ""}, "chat_id is empty"),
        ({"text": "a", "reply_parameters": {"message_id": 99}}, "message to be replied not found"),
        (
            {"text": "a", "reply_markup": inline({"text": "a", "callback_data": "é" * 33})},
            "BUTTON_DATA_INVALID",
        ),
        (
            {"text": "a", "reply_markup": inline({"text": "a", "callback_data": ""})},
            "BUTTON_DATA_INVALID",
        ),
        (
            {"text": "a", "reply_markup": inline({"text": "a"})},
            NO_ACTION,
        ),
        ({"text": "a", "reply_markup": "{"}, "can't parse reply keyboard markup JSON object"),
        (
            {
                "text": "a",
                "reply_markup": {"inline_keyboard": [[{"text": "a", "callback_data": "b"}]] * 101},
            },
            "reply markup is too long",
        ),
    ],
)
async def test_messages_telegram_refuses(sim, parameters, reason):
    """A refused message has no effect and is counted."""
    answer = await ask(sim, "sendMessage", **{"chat_id": 42, **parameters})
    assert answer["description"] == f"Bad Request: {reason}"
    assert sim.person(42).from_bot == []
    assert [refusal.description for refusal in sim.refusals] == [answer["description"]]


async def test_longest_text_counts_after_parsing(sim):
    """Tags and references do not count."""
    text = "<b>" + "&amp;" * 4096 + "</b>"
    assert (await ask(sim, "sendMessage", chat_id=42, text=text, parse_mode="HTML"))["ok"]


async def test_edits_telegram_refuses(sim):
    """Unchanged, foreign, missing, and sent with a reply keyboard."""
    siti = sim.person(42)
    keyboard = {"keyboard": [["Menu"]], "one_time_keyboard": True}
    sealed = await ask(sim, "sendMessage", chat_id=42, text="a", reply_markup=keyboard)
    assert siti.keyboard == [["Menu"]]
    plain = await ask(sim, "sendMessage", chat_id=42, text="a")

    async def reason(message_id, text):
        answer = await ask(sim, "editMessageText", chat_id=42, message_id=message_id, text=text)
        return answer.get("description")

    number = plain["result"]["message_id"]
    assert "message is not modified: specified new" in await reason(number, "a")
    assert await reason(number, "b") is None
    assert await reason(999, "b") == "Bad Request: message to edit not found"
    assert await reason(siti.messages[0]["message_id"], "b") == (
        "Bad Request: message can't be edited"
    )
    assert await reason(sealed["result"]["message_id"], "b") == (
        "Bad Request: message can't be edited"
    )
    await siti.sends("Menu")
    assert siti.keyboard is None


async def test_chats_that_are_closed(sim):
    """Blocked, deactivated, kicked, upgraded, never opened."""
    siti = sim.person(42)
    group = sim.group(-5, "RT 05", [siti])
    await siti.sends("/start", chat=group)

    async def reason(chat_id):
        return await ask(sim, "sendMessage", chat_id=chat_id, text="a")

    await siti.blocks()
    assert (await reason(42))["description"] == "Forbidden: bot was blocked by the user"
    await siti.sends("/start")
    assert (await reason(42))["ok"]
    await siti.deactivates()
    assert (await reason(42))["description"] == "Forbidden: user is deactivated"
    tono = sim.person(43, "Tono")
    group.joins(tono)
    assert "can't initiate conversation" in (await reason(43))["description"]
    group.kicks_bot(tono)
    assert (await reason(-5))["description"] == "Forbidden: bot was kicked from the group chat"
    group.adds_bot(tono)
    group.upgrades(tono, -1001234567890)
    moved = await reason(-5)
    assert moved["description"] == "Bad Request: group chat was upgraded to a supergroup chat"
    assert moved["parameters"] == {"migrate_to_chat_id": -1001234567890}
    assert (await reason(-1001234567890))["ok"]


async def test_answers_to_taps(sim):
    """Twice is fine, too long, too late and unknown are not."""
    siti = sim.person(42)
    await ask(
        sim,
        "sendMessage",
        chat_id=42,
        text="a",
        reply_markup=inline({"text": "Ya", "callback_data": "y"}),
    )
    query = await siti.taps("y")

    async def answered(query_id, text=""):
        return await ask(sim, "answerCallbackQuery", callback_query_id=query_id, text=text)

    assert (await answered(query, "a" * 201))["description"] == "Bad Request: MESSAGE_TOO_LONG"
    assert (await answered(query, "satu"))["result"] is True
    assert (await answered(query, "dua"))["result"] is True
    assert [notice["text"] for notice in siti.notices] == ["satu"]
    late = "Bad Request: query is too old and response timeout expired or query ID is invalid"
    assert (await answered("1"))["description"] == late
    second = await siti.taps("Ya")
    sim.world.tap_lifetime = -1.0
    assert (await answered(second))["description"] == late
    assert siti.unanswered == [second]


async def test_files_telegram_refuses(sim):
    """Wrong ids, no picture, too big for getFile, an album of one."""
    wrong = "Bad Request: wrong file identifier/HTTP URL specified"
    assert (await ask(sim, "sendPhoto", chat_id=42, photo="AgAC"))["description"] == wrong
    document = (await sim.person(42).sends_document(bytes(20_000_001), "a.bin"))["message"]
    file_id = document["document"]["file_id"]
    assert (await ask(sim, "getFile", file_id=file_id))["description"] == (
        "Bad Request: file is too big"
    )
    assert (await ask(sim, "sendPhoto", chat_id=42, photo=file_id))["description"] == (
        "Bad Request: can't use file of type Document as Photo"
    )
    one = [{"type": "photo", "media": file_id}]
    assert not (await ask(sim, "sendMediaGroup", chat_id=42, media=one))["ok"]
    assert not (await ask(sim, "sendMediaGroup", chat_id=42, media=one * 11))["ok"]


async def test_uploads_telegram_refuses(sim):
    """Bytes that are no picture, and a document over 50 MB."""
    async with aiohttp.ClientSession() as session:

        async def upload(method, field, data):
            form = aiohttp.FormData({"chat_id": "42"})
            form.add_field(field, io.BytesIO(data), filename="a.bin")
            async with session.post(f"{sim.url}/bot{sim.token}/{method}", data=form) as answer:
                return answer.status, (await answer.json()).get("description")

        assert await upload("sendPhoto", "photo", b"x") == (
            400,
            "Bad Request: IMAGE_PROCESS_FAILED",
        )
        assert await upload("sendPhoto", "photo", PIXEL) == (200, None)
        too_big = (413, "Request Entity Too Large")
        assert await upload("sendDocument", "document", bytes(50_000_001)) == too_big
        assert await upload("sendDocument", "document", bytes(53_000_000)) == too_big


async def test_paths_and_tokens(sim):
    """Wrong token 401, malformed token and unknown method 404; every way to send parameters."""
    async with aiohttp.ClientSession() as session:

        async def status(path, **options):
            async with session.get(sim.url + path, **options) as answer:
                return answer.status

        assert await status("/bot1:abc/getMe") == 401
        assert await status("/botabc/getMe") == 404
        assert await status(f"/bot{sim.token}/getMoo") == 404
        assert await status(f"/bot{sim.token}/GETME") == 200
        assert await status(f"/bot{sim.token}/sendMessage?chat_id=42&text=halo") == 200
        markup = json.dumps(inline({"text": "a", "callback_data": "b"}))
        fields = {"chat_id": "42", "text": "form", "reply_markup": markup}
        assert await status(f"/bot{sim.token}/sendMessage", data=fields) == 200
    assert [message["text"] for message in sim.person(42).from_bot] == ["halo", "form"]


def test_picture_sizes_are_read_from_headers():
    """PNG and JPEG headers, without a picture library; anything else is no picture."""
    jpeg = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x0b\x08\x01\xe0\x02\x80" + bytes(9)
    assert picture_size(PIXEL) == (16, 16)
    assert picture_size(jpeg) == (640, 480)
    assert picture_size(b"GIF89a\x05\x00\x06\x00") == (5, 6)
    assert picture_size(b"%PDF") is None
