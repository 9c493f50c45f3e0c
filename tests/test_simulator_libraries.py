"""The simulator under two Bot API libraries that were written independently of each other."""

import asyncio
import io
from datetime import timedelta

import aiogram
import pytest
import pytest_asyncio
import telegram
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.types import BufferedInputFile, InputMediaPhoto
from PIL import Image

from simulator import Simulator


def picture(width=640, height=480, colour="red", kind="JPEG"):
    """Bytes of a real picture."""
    out = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(out, kind)
    return out.getvalue()


@pytest_asyncio.fixture
async def sim():
    """A strict simulator: everything is checked against aiogram's models."""
    async with Simulator(strict=True) as simulator:
        yield simulator


@pytest_asyncio.fixture
async def siti(sim):
    """A resident who pressed Start."""
    person = sim.person(42, "Siti")
    await person.sends("/start")
    return person


@pytest_asyncio.fixture
async def ptb(sim):
    """A stock python-telegram-bot Bot."""
    bot = telegram.Bot(sim.token, base_url=sim.url + "/bot", base_file_url=sim.url + "/file/bot")
    async with bot:
        yield bot


@pytest_asyncio.fixture
async def gram(sim):
    """A stock aiogram Bot."""
    session = AiohttpSession(api=TelegramAPIServer.from_base(sim.url))
    bot = aiogram.Bot(sim.token, session=session)
    yield bot
    await session.close()


async def test_ptb_sends_and_edits(sim, siti, ptb):
    """Text, HTML, buttons, an edit that changes nothing, and a deletion."""
    buttons = telegram.InlineKeyboardMarkup.from_button(
        telegram.InlineKeyboardButton("Ya", callback_data="yes")
    )
    sent = await ptb.send_message(42, "<b>Halo</b> 👋", parse_mode="HTML", reply_markup=buttons)
    assert sent.entities == (telegram.MessageEntity("bold", 0, 4),)

    query = await siti.taps("Ya")
    assert siti.unanswered == [query]
    assert await ptb.answer_callback_query(query, "Baik", show_alert=True)
    assert siti.notices == [{"id": query, "text": "Baik", "show_alert": True}]
    assert siti.unanswered == []

    edited = await ptb.edit_message_text("Sudah", 42, sent.message_id)
    assert (edited.text, edited.reply_markup) == ("Sudah", None)
    with pytest.raises(telegram.error.BadRequest, match=r"(?i)message is not modified"):
        await ptb.edit_message_text("Sudah", 42, sent.message_id)
    assert await ptb.delete_message(42, sent.message_id)
    assert siti.from_bot == []


async def test_ptb_photos(sim, siti, ptb):
    """A photo that a resident sends is downloaded and sent on, by id, upload and album."""
    data = picture()
    await siti.sends_photo(data, "selokan")
    update = (await ptb.get_updates())[-1]
    assert (update.message.photo[-1].width, update.message.photo[-1].height) == (640, 480)
    file = await ptb.get_file(update.message.photo[-1].file_id)
    assert bytes(await file.download_as_bytearray()) == data

    again = await ptb.send_photo(42, update.message.photo[-1].file_id, caption="ini")
    fresh = await ptb.send_photo(42, data)
    assert again.photo[-1].file_unique_id == fresh.photo[-1].file_unique_id
    album = [telegram.InputMediaPhoto(picture(colour=c), caption=c) for c in ("blue", "green")]
    sent = await ptb.send_media_group(42, album)
    assert len({message.media_group_id for message in sent}) == 1
    changed = await ptb.edit_message_media(album[0], 42, fresh.message_id)
    assert changed.caption == "blue"
    assert (await ptb.edit_message_caption(42, fresh.message_id, caption="c")).caption == "c"
    document = await ptb.send_document(42, b"a;b\n", filename="ekspor.csv")
    assert document.document.file_name == "ekspor.csv"
    assert (await ptb.send_voice(42, b"OggS", duration=timedelta(seconds=2))).voice
    assert (await ptb.send_location(42, -1.6, 103.6)).location.latitude == -1.6
    assert sim.refusals == []


async def test_ptb_profile(sim, siti, ptb):
    """Commands follow scope and language; descriptions are kept."""
    await ptb.set_my_commands([("menu", "Menu utama")])
    scope = telegram.BotCommandScopeChat(42)
    assert [c["command"] for c in siti.commands()] == ["menu"]
    await ptb.set_my_commands([("staf", "Staf")], scope=scope)
    assert [c["command"] for c in siti.commands()] == ["staf"]
    await ptb.delete_my_commands(scope=scope)
    assert [c["command"] for c in siti.commands()] == ["menu"]
    assert (await ptb.get_my_commands())[0].description == "Menu utama"
    await ptb.set_my_description("Bot kelurahan")
    assert (await ptb.get_my_description()).description == "Bot kelurahan"
    await ptb.set_my_short_description("Bot")
    await ptb.set_my_name("BANTAR")
    assert (await ptb.get_my_name()).name == "BANTAR"
    await ptb.set_chat_menu_button(menu_button=telegram.MenuButtonCommands())
    await ptb.send_chat_action(42, "typing")
    assert (await ptb.get_chat(42)).first_name == "Siti"
    with pytest.raises(telegram.error.BadRequest, match=r"(?i)bot_command_invalid"):
        await ptb.set_my_commands([("Lapor-1", "Lapor")])


async def test_ptb_long_poll(sim, siti, ptb):
    """A waiting getUpdates answers as soon as somebody writes."""
    await ptb.get_updates(offset=sim.world.queue.next_id)
    waiting = asyncio.create_task(ptb.get_updates(timeout=5))
    await sim.waits_for(lambda s: s.stats.requests["getUpdates"] == 2)
    await siti.sends("halo")
    assert [update.message.text for update in await waiting] == ["halo"]
    await siti.sends_update_again()
    assert [update.message.text for update in await ptb.get_updates()] == ["halo", "halo"]


async def test_every_kind_of_message_is_well_formed(sim, siti, ptb):
    """What people can send passes the strict check and is read by the library."""
    await siti.sends_album([picture(colour="red"), picture(colour="blue")], "dua foto")
    await siti.sends_voice(b"OggS", 4)
    await siti.sends_location(-1.6, 103.6)
    await siti.sends_sticker()
    await siti.sends_document(b"%PDF", "surat.pdf")
    await siti.sends_video(b"mp4")
    await siti.sends_contact()
    await siti.sends_animation()
    sent = await siti.sends("Lihat /lapor@bantar_demo_bot")
    await siti.edits(sent["message"]["message_id"], "Lihat saja")
    await siti.blocks()
    await siti.unblocks()
    kinds = [telegram.Update.de_json(u.to_dict(), ptb) for u in await ptb.get_updates()]
    assert sum(u.my_chat_member is not None for u in kinds) == 2
    assert sum(u.edited_message is not None for u in kinds) == 1
    album = [u.message for u in kinds if u.message and u.message.media_group_id]
    assert [m.caption for m in album] == ["dua foto", None]


async def test_aiogram_round(sim, siti, gram):
    """The other library: sending, editing, photo, album, download, long polling."""
    updates = await gram.get_updates(timeout=1)
    assert updates[-1].message.text == "/start"
    sent = await gram.send_message(42, "<i>Halo</i>", parse_mode="HTML")
    await gram.edit_message_text("Baru", chat_id=42, message_id=sent.message_id)
    data = picture(kind="PNG")
    photo = await gram.send_photo(42, BufferedInputFile(data, "a.png"), caption="foto")
    file = await gram.get_file(photo.photo[-1].file_id)
    assert (await gram.download_file(file.file_path)).read() == data
    album = [
        InputMediaPhoto(media=BufferedInputFile(picture(colour=c), c)) for c in ("red", "tan")
    ]
    assert len(await gram.send_media_group(42, album)) == 2
    waiting = asyncio.create_task(gram.get_updates(offset=updates[-1].update_id + 1, timeout=5))
    await siti.sends("halo")
    assert (await waiting)[0].message.text == "halo"
    with pytest.raises(aiogram.exceptions.TelegramBadRequest, match="chat not found"):
        await gram.send_message(43, "tidak kenal")


async def test_strict_finds_what_telegram_would_ignore(sim, siti, ptb):
    """A misspelt parameter or button field is refused, with its place."""
    with pytest.raises(
        telegram.error.BadRequest, match=r"(?i)unknown field sendmessage\.reply_markp"
    ):
        await ptb.send_message(42, "a", api_kwargs={"reply_markp": "{}"})
    button = telegram.InlineKeyboardButton("a", callback_data="b", api_kwargs={"colour": "red"})
    markup = telegram.InlineKeyboardMarkup.from_button(button)
    with pytest.raises(telegram.error.BadRequest, match="colour"):
        await ptb.send_message(42, "a", reply_markup=markup)
    assert [refusal.method for refusal in sim.refusals] == ["sendMessage", "sendMessage"]
