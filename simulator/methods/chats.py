"""Chats as the bot sees them, and the hint that it is busy."""

from simulator.call import Call
from simulator.methods.sending import find_chat, open_chat
from simulator.rules import Json, bad
from simulator.state import World

ACTIONS = frozenset(
    (
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
    )
)


def get_me(world: World, call: Call) -> Json:
    """getMe"""
    return {
        **world.bot,
        "can_join_groups": True,
        "can_read_all_group_messages": True,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


def get_chat(world: World, call: Call) -> Json:
    """getChat"""
    chat = find_chat(world, call)
    gifts = dict.fromkeys(
        (
            "unlimited_gifts",
            "limited_gifts",
            "unique_gifts",
            "premium_subscription",
            "gifts_from_channels",
        ),
        False,
    )
    return {
        **chat.shown,
        "accent_color_id": 0,
        "max_reaction_count": 11,
        "accepted_gift_types": gifts,
    }


def send_chat_action(world: World, call: Call) -> bool:
    """sendChatAction"""
    chat = open_chat(world, call)
    if call.text("action") not in ACTIONS:
        raise bad("wrong parameter action in request")
    world.tell("typing", chat, {})
    return True


METHODS = {"getMe": get_me, "getChat": get_chat, "sendChatAction": send_chat_action}
