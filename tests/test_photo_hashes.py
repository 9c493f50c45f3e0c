"""The same photo twice: which copies are noticed, which pictures are not mistaken for each other."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

from jobs.photo_hashes import hash_of
from services.photo_hashes import NEAR, between, distance
from storage.photo_hashes import Look

SCENES = 24
Change = Callable[[Image.Image], Image.Image]


def scene(seed: int, width: int = 640, height: int = 480) -> Image.Image:
    """A made street: sky, houses, ground, a drain, mud and leaves, grain of the camera."""
    chance = random.Random(seed)

    def colour(low: int, high: int) -> tuple[int, int, int]:
        return chance.randint(low, high), chance.randint(low, high), chance.randint(low, high)

    picture = Image.new("RGB", (width, height))
    draw = ImageDraw.Draw(picture)
    horizon = chance.randint(height // 5, height // 2)
    sky, ground = colour(120, 240), colour(60, 170)
    for y in range(height):
        shade = sky if y < horizon else ground
        draw.line((0, y, width, y), fill=tuple(int(v * (1 - 0.4 * y / height)) for v in shade))
    for _ in range(chance.randint(2, 7)):
        x, wide = chance.randint(-50, width), chance.randint(50, 220)
        y = chance.randint(horizon // 4, horizon)
        draw.rectangle((x, y, x + wide, horizon + chance.randint(0, 60)), fill=colour(40, 250))
        roof = [(x - 10, y), (x + wide // 2, y - chance.randint(10, 60)), (x + wide + 10, y)]
        draw.polygon(roof, fill=colour(60, 180))
    left, far = chance.randint(0, width), chance.randint(0, width)
    near = chance.randint(70, 250)
    drain = [(left, height), (left + near, height), (far + near // 5, horizon), (far, horizon)]
    draw.polygon(drain, fill=colour(20, 110))
    for _ in range(chance.randint(5, 60)):
        x, y = chance.randint(0, width), chance.randint(horizon, height)
        size = chance.randint(4, 45)
        draw.ellipse((x, y, x + size * 2, y + size), fill=colour(10, 220))
    grain = Image.effect_noise((width, height), 30).convert("RGB")
    return Image.blend(picture.filter(ImageFilter.GaussianBlur(1)), grain, 0.12)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made pictures as files, and what they look like."""
    return tmp_path_factory.mktemp("pictures")


def kept(folder: Path, name: str, picture: Image.Image, quality: int = 75) -> str | None:
    """What a picture that was kept as a JPEG looks like."""
    picture.save(folder / name, "JPEG", quality=quality)
    return hash_of(folder / name)


@pytest.fixture(scope="module")
def known(folder: Path) -> list[str]:
    """What the scenes look like."""
    found = [kept(folder, f"{seed}.jpg", scene(seed), 90) for seed in range(SCENES)]
    assert None not in found
    return [one for one in found if one is not None]


@pytest.mark.parametrize(
    "change",
    [
        lambda picture: picture.resize((320, 240)),
        lambda picture: picture.resize((1600, 1200)),
        lambda picture: ImageEnhance.Brightness(picture).enhance(1.15),
        lambda picture: ImageEnhance.Brightness(picture).enhance(0.8),
        lambda picture: ImageEnhance.Contrast(picture).enhance(1.2),
    ],
    ids=["smaller", "larger", "brighter", "darker", "more contrast"],
)
def test_a_copy_is_the_same_photo(folder: Path, known: list[str], change: Change):
    """Encoded anew, resized, a little brighter."""
    copies = [kept(folder, "copy.jpg", change(scene(seed)), 40) for seed in range(SCENES)]
    assert max(distance(one, copy) for one, copy in zip(known, copies, strict=True)) <= NEAR


def test_other_pictures_are_not_the_same(known: list[str]):
    """With room to spare: the nearest two are farther apart than any copy."""
    assert min(distance(one, other) for one, other in combinations(known, 2)) > NEAR + 2


def test_a_photo_that_lies_on_its_side_is_turned(folder: Path, known: list[str]):
    """A telephone keeps how it was held beside the picture, and Telegram turns it."""
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees to be seen upright
    lying = scene(0).rotate(90, expand=True)
    lying.save(folder / "lying.jpg", "JPEG", quality=90, exif=exif)
    assert distance(hash_of(folder / "lying.jpg") or "0", known[0]) <= NEAR


@pytest.mark.parametrize(
    "content",
    [b"", b"no picture at all", b"\xff\xd8\xff\xe0 broken", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"],
)
def test_what_is_no_picture_has_no_look(tmp_path: Path, content: bytes):
    """And nothing fails."""
    (tmp_path / "x.jpg").write_bytes(content)
    assert hash_of(tmp_path / "x.jpg") is None


def test_a_picture_cut_off_in_the_middle_or_of_one_shade_has_no_look(tmp_path: Path):
    """Dark ones would all look the same; a missing file is one that was deleted."""
    whole = io.BytesIO()
    scene(1).save(whole, "JPEG")
    (tmp_path / "cut.jpg").write_bytes(whole.getvalue()[: len(whole.getvalue()) // 2])
    Image.new("RGB", (640, 480), (9, 9, 12)).save(tmp_path / "night.png")
    assert hash_of(tmp_path / "cut.jpg") is None
    assert hash_of(tmp_path / "night.png") is None
    assert hash_of(tmp_path / "missing.jpg") is None


def test_a_huge_picture_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """It would take more memory than the bot may have."""
    scene(2).save(tmp_path / "x.png")
    assert hash_of(tmp_path / "x.png")
    monkeypatch.setattr("jobs.photo_hashes.MOST_PIXELS", 1000)
    assert hash_of(tmp_path / "x.png") is None


def test_the_same_file_is_the_same_photo_even_without_a_look():
    """Such as photos from before they were compared, and dark ones."""
    look = Look(1, 1, 1, "ab" * 32, None)
    assert between(look, look._replace(id=2)) == 0
    assert between(look, look._replace(id=2, sha256="cd" * 32)) is None


def test_the_report_shows_the_same_place_and_must_be_nearer():
    """Eight bits apart from a photo of another ticket, six from that of its own report."""
    seen = Look(1, 1, 1, None, "0" * 16)
    for ticket_id, bits in ((2, 8), (1, 6)):
        other = seen._replace(ticket_id=ticket_id, phash=f"{2**bits - 1:016x}")
        assert between(seen, other) == bits
        assert between(seen, other._replace(phash=f"{2 ** (bits + 1) - 1:016x}")) is None
