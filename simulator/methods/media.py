"""Media a bot sends: uploads, files it names by id, albums; and getFile."""

from typing import Any

from simulator.call import Call, Upload
from simulator.files import MAX_DOWNLOAD, MAX_PHOTO, MAX_UPLOAD
from simulator.methods.sending import (
    caption_from_call,
    caption_of,
    deliver,
    open_chat,
    too_large,
)
from simulator.rules import Json, bad
from simulator.state import World

WRONG_FILE = "wrong file identifier/HTTP URL specified"
MIN_ALBUM, MAX_ALBUM = 2, 10
ALBUM_KINDS = ("photo", "video", "document", "audio")


def uploaded(call: Call, value: Any, name: str) -> Upload | str:
    """The file behind a value: an upload of this request or a file id."""
    reference = value if isinstance(value, str) else ""
    if reference.startswith("attach://"):
        upload = call.files.get(reference.removeprefix("attach://"))
        if upload is None:
            raise bad(WRONG_FILE)
        return upload
    if not reference:
        upload = call.files.get(name)
        if upload is None:
            raise bad(f"there is no {name} in the request")
        return upload
    return reference


def file_content(world: World, call: Call, kind: str, value: Any, name: str, extra: Json) -> Json:
    """The part of a message that carries a file: photo, voice, document or video."""
    source = uploaded(call, value, name)
    if isinstance(source, str):
        return {kind: _known_file(world, kind, source)}
    if not source.data:
        raise bad("file must be non-empty")
    if len(source.data) > MAX_UPLOAD:
        raise too_large()
    if kind == "photo":
        if len(source.data) > MAX_PHOTO:
            size = len(source.data)
            raise bad(
                f"file of size {size} bytes is too big for a photo; "
                f"the maximum size is {MAX_PHOTO} bytes"
            )
        return {"photo": world.files.add_photo(source.data)}
    return {kind: world.files.add(kind, source.data, source.name, **extra)}


def _known_file(world: World, kind: str, file_id: str) -> Any:
    stored = world.files.find(file_id)
    if stored is None:
        raise bad(WRONG_FILE)
    if stored.kind != kind:
        found, wanted = stored.kind.capitalize(), kind.capitalize()
        raise bad(f"can't use file of type {found} as {wanted}")
    return world.files.add_photo(stored.data) if kind == "photo" else stored.shown


def _send(world: World, call: Call, kind: str, extra: Json) -> Json:
    chat = open_chat(world, call)
    content = file_content(world, call, kind, call.params.get(kind), kind, extra)
    content.update(caption_from_call(world, call))
    return deliver(world, call, chat, content)[0]


def send_photo(world: World, call: Call) -> Json:
    """sendPhoto"""
    return _send(world, call, "photo", {})


def send_voice(world: World, call: Call) -> Json:
    """sendVoice"""
    return _send(world, call, "voice", {"duration": call.number("duration")})


def send_document(world: World, call: Call) -> Json:
    """sendDocument"""
    return _send(world, call, "document", {})


def send_media_group(world: World, call: Call) -> list[Json]:
    """sendMediaGroup"""
    chat = open_chat(world, call)
    media = call.parsed("media")
    if "media" not in call.params:
        raise bad('parameter "media" is required')
    if not isinstance(media, list):
        raise bad("can't parse media JSON object")
    if not media:
        raise bad("there are no messages to send")
    if len(media) > MAX_ALBUM:
        raise bad("too many messages to send as an album")
    if len(media) < MIN_ALBUM:
        raise bad("too few messages to send as an album")
    kinds = {str(item.get("type")) for item in media if isinstance(item, dict)}
    _check_kinds(kinds)
    group = {"media_group_id": str(13_000_000_000 + world.seq)}
    contents = [{**input_media(world, call, item), **group} for item in media]
    return deliver(world, call, chat, *contents)


def _check_kinds(kinds: set[str]) -> None:
    unknown = kinds - set(ALBUM_KINDS)
    if unknown:
        raise bad(f"type of file {min(unknown)} can't be used in an album")
    if len(kinds) > 1 and kinds & {"document", "audio"}:
        kind = min(kinds & {"document", "audio"})
        raise bad(f"{kind} can't be mixed with other media types")


def input_media(world: World, call: Call, item: Any) -> Json:
    """The content that an InputMedia object stands for."""
    if not isinstance(item, dict) or not isinstance(item.get("media"), str):
        raise bad("can't parse media JSON object")
    kind = str(item.get("type"))
    extra: Json = {}
    if kind == "video":
        extra = {key: int(item.get(key, 0)) for key in ("width", "height", "duration")}
    elif kind == "audio":
        extra = {"duration": int(item.get("duration", 0))}
    elif kind not in ("photo", "document"):
        raise bad(f"unsupported media type {kind}")
    content = file_content(world, call, kind, item["media"], kind, extra)
    return {**content, **caption_of(world, item)}


def get_file(world: World, call: Call) -> Json:
    """getFile"""
    stored = world.files.find(call.text("file_id"))
    if stored is None:
        raise bad("invalid file_id")
    if len(stored.data) > MAX_DOWNLOAD:
        raise bad("file is too big")
    return {
        "file_id": stored.file_id,
        "file_unique_id": stored.unique_id,
        "file_size": len(stored.data),
        "file_path": stored.path,
    }


METHODS = {
    "sendPhoto": send_photo,
    "sendVoice": send_voice,
    "sendDocument": send_document,
    "sendMediaGroup": send_media_group,
    "getFile": get_file,
}
