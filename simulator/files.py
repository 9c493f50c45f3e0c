"""Files people and the bot sent: real bytes, stable ids, the size of pictures."""

import base64
import hashlib
import mimetypes
import struct
from dataclasses import dataclass

from telegram.constants import FileSizeLimit

from simulator.rules import Json, bad

MAX_DOWNLOAD = int(FileSizeLimit.FILESIZE_DOWNLOAD)
MAX_UPLOAD = int(FileSizeLimit.FILESIZE_UPLOAD)
MAX_PHOTO = int(FileSizeLimit.PHOTOSIZE_UPLOAD)
THUMBNAILS = (90, 320)
FOLDERS = {"photo": "photos", "voice": "voice", "document": "documents", "video": "videos"}
MIME = {"photo": "image/jpeg", "voice": "audio/ogg", "video": "video/mp4"}


@dataclass(slots=True)
class StoredFile:
    """One file the server can hand out."""

    file_id: str
    unique_id: str
    kind: str
    data: bytes
    path: str
    mime: str
    shown: Json  # what a message carries for it: PhotoSize, Voice, Document, ...


class FileStore:
    """All files by id and by download path."""

    def __init__(self) -> None:
        self.by_id: dict[str, StoredFile] = {}
        self.by_path: dict[str, StoredFile] = {}

    def find(self, file_id: str) -> StoredFile | None:
        """The file with this id."""
        return self.by_id.get(file_id)

    def add(self, kind: str, data: bytes, name: str = "", mime: str = "", **shown: object) -> Json:
        """Keep a file of any kind but a photo; returns what the message carries."""
        mime = mime or mimetypes.guess_type(name)[0] or MIME.get(kind, "application/octet-stream")
        if kind == "document":
            shown = {"file_name": name or "file", "mime_type": mime, **shown}
        elif kind in ("voice", "video", "animation", "audio"):
            shown = {"mime_type": mime, **shown}
        return self._keep(kind, data, "", mime, name, shown)

    def add_photo(self, data: bytes) -> list[Json]:
        """Keep a picture; returns its sizes, smallest first, the last being the real one."""
        size = picture_size(data)
        if size is None:
            raise bad("IMAGE_PROCESS_FAILED")
        width, height = size
        if width + height > 10_000 or max(size) > 20 * min(size):
            raise bad("PHOTO_INVALID_DIMENSIONS")
        mime = "image/png" if data.startswith(b"\x89PNG") else "image/jpeg"
        longest = max(size)
        sizes: list[Json] = []
        for letter, limit in zip("sm", THUMBNAILS, strict=True):
            if longest > limit:
                # The small sizes keep the original bytes: nothing here can scale a picture.
                shown: dict[str, object] = {
                    "width": max(1, width * limit // longest),
                    "height": max(1, height * limit // longest),
                }
                sizes.append(self._keep("photo", data, letter, mime, "", shown))
        shown = {"width": width, "height": height}
        sizes.append(self._keep("photo", data, "x", mime, "", shown))
        return sizes

    def _keep(
        self, kind: str, data: bytes, size: str, mime: str, name: str, shown: dict[str, object]
    ) -> Json:
        digest = hashlib.sha256(kind.encode() + size.encode() + data).digest()
        unique = "AQAD" + base64.urlsafe_b64encode(digest[:9]).decode()
        # A document's name belongs to the message, so it is part of the file id as on Telegram.
        named = hashlib.sha256(digest + name.encode()).digest()
        file_id = "AgACAgUAAx" + base64.urlsafe_b64encode(named).decode().rstrip("=")
        stored = self.by_id.get(file_id)
        if stored is None:
            ending = _ending(name, mime)
            number = len(self.by_id)
            path = f"{FOLDERS.get(kind, kind + 's')}/file_{number}{ending}"
            carried: Json = {"file_id": file_id, "file_unique_id": unique, "file_size": len(data)}
            carried.update(shown)
            stored = StoredFile(file_id, unique, kind, data, path, mime, carried)
            self.by_id[file_id] = self.by_path[path] = stored
        return stored.shown


def _ending(name: str, mime: str) -> str:
    if "." in name:
        return "." + name.rsplit(".", 1)[1]
    return {"audio/ogg": ".oga", "image/jpeg": ".jpg"}.get(mime) or (
        mimetypes.guess_extension(mime) or ""
    )


def picture_size(data: bytes) -> tuple[int, int] | None:
    """Width and height of a JPEG, PNG, GIF or WebP picture, None if it is none of these."""
    if data[:8] == b"\x89PNG\r\n\x1a\n" and len(data) >= 24:
        width, height = struct.unpack(">II", data[16:24])
        return int(width), int(height)
    if data[:6] in (b"GIF87a", b"GIF89a") and len(data) >= 10:
        width, height = struct.unpack("<HH", data[6:10])
        return int(width), int(height)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _webp_size(data)
    if data[:2] == b"\xff\xd8":
        return _jpeg_size(data)
    return None


def _webp_size(data: bytes) -> tuple[int, int] | None:
    if data[12:16] == b"VP8X" and len(data) >= 30:
        return (
            int.from_bytes(data[24:27], "little") + 1,
            int.from_bytes(data[27:30], "little") + 1,
        )
    if data[12:16] == b"VP8 " and len(data) >= 30:
        width, height = struct.unpack("<HH", data[26:30])
        return int(width) & 0x3FFF, int(height) & 0x3FFF
    if data[12:16] == b"VP8L" and len(data) >= 25:
        bits = int.from_bytes(data[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return None


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    position = 2
    while position + 9 < len(data):
        if data[position] != 0xFF:
            return None
        marker = data[position + 1]
        if marker == 0xFF:
            position += 1
        elif 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", data[position + 5 : position + 9])
            return int(width), int(height)
        elif marker == 0x01 or 0xD0 <= marker <= 0xD8:
            position += 2
        else:
            position += 2 + int(struct.unpack(">H", data[position + 2 : position + 4])[0])
    return None
