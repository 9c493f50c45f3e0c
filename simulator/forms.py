"""What the chat page sends in: JSON bodies, forms with files, and a person acting on them."""

import json

from aiohttp import BodyPartReader
from aiohttp.web import BaseRequest

from simulator.person import Person
from simulator.rules import Json, bad


async def sent_as(person: Person, fields: Json, files: list[tuple[str, bytes]]) -> list[Json]:
    """Let a person send what the form says; the updates that came of it."""
    kind, text = fields.get("kind", "text"), fields.get("text", "")
    if kind == "text":
        if not text.strip():
            raise bad("message text is empty")
        return [await person.sends(text)]
    if kind == "location":
        return [await person.sends_location(float(fields["latitude"]), float(fields["longitude"]))]
    if kind == "contact":
        return [await person.sends_contact()]
    if kind == "sticker":
        return [await (person.sends_sticker(files[0][1]) if files else person.sends_sticker())]
    if not files:
        raise bad("there is no file in the request")
    name, data = files[0]
    if kind == "album" or (kind == "photo" and len(files) > 1):
        return await person.sends_album([content for _, content in files], text)
    if kind == "photo":
        return [await person.sends_photo(data, text)]
    if kind == "voice":
        return [await person.sends_voice(data, int(fields.get("duration", 3)))]
    if kind == "document":
        return [await person.sends_document(data, name, text)]
    if kind == "video":
        return [await person.sends_video(data, text)]
    raise bad(f"unknown kind {kind}")


async def body_of(request: BaseRequest) -> Json:
    """The JSON object of a request."""
    try:
        decoded = json.loads(await request.read())
    except ValueError:
        decoded = None
    if not isinstance(decoded, dict):
        raise bad("a JSON object is expected")
    return decoded


async def form_of(request: BaseRequest) -> tuple[Json, list[tuple[str, bytes]]]:
    """Fields and files of a form; a field may come several times only as a file."""
    if request.content_type != "multipart/form-data":
        return dict(await request.post()), []
    fields: Json = {}
    files: list[tuple[str, bytes]] = []
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader) or part.name is None:
            continue
        data = bytes(await part.read())
        if part.filename is not None:
            files.append((part.filename, data))
        else:
            fields[part.name] = data.decode()
    return fields, files
