"""Who does what in the pictures of the staff guide: one scene per page of docs/panduan/."""

from __future__ import annotations

import io
import random
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from PIL import Image, ImageDraw

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from pictures import ZONE, Phone

People = Callable[[int], Phone]
SITI, DARMO, BUDI, ANI, HEAD, CLERK, PLANNER, ADMIN = 301, 302, 501, 502, 550, 700, 800, 900
REPORT, WISH, LETTER = "DRN-", "ASP-", "PSN-"  # the demo has one report and one wish
THERE = "SDA-77/2026"  # the number of the report at the city's office
EVENT = "Membersihkan parit pos ronda"


def drain(*, clean: bool) -> bytes:
    """A picture of a drain, full of rubbish or just cleaned; the two are not alike."""
    dice = random.Random(int(clean))
    picture = Image.new("RGB", (640, 420), "#9fc3d6")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 150, 640, 420), fill="#7f9a5b" if clean else "#8a8f5e")
    draw.rectangle((400, 50, 640, 190) if clean else (0, 40, 260, 200), fill="#c9a27a")
    draw.rectangle((430, 90, 490, 190) if clean else (60, 90, 130, 200), fill="#6d4c3a")
    water = (
        (60, 420, 330, 420, 420, 150, 330, 150)
        if clean
        else (240, 420, 600, 420, 340, 150, 270, 150)
    )
    wall = (
        (20, 420, 370, 420, 440, 150, 310, 150)
        if clean
        else (190, 420, 640, 420, 370, 150, 245, 150)
    )
    draw.polygon(wall, fill="#b4b2ab")
    draw.polygon(water, fill="#5e8ca0" if clean else "#5b5f4c")
    if not clean:
        for _ in range(90):
            y = dice.randint(165, 405)
            half = 30 + (y - 150) * 0.5
            x = 305 + (y - 150) * 0.42 + dice.uniform(-half, half)
            size = 4 + (y - 150) / 12
            colour = dice.choice(("#e9e6dc", "#cf5b4a", "#4f7fc2", "#d8b23f", "#3f3a30"))
            draw.ellipse((x, y, x + size * 1.6, y + size), fill=colour)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=85)
    return out.getvalue()


def agrees(person: Phone, rt: str) -> None:
    """First contact of somebody who has done nothing yet."""
    person.says("/start")
    person.taps("consent.button.yes")
    person.taps("form.choice.rt", number=rt)


def opens(clerk: Phone, number: str) -> None:
    """The clerk opens the one ticket of that type from her desk."""
    clerk.says("/staf")
    clerk.taps_like(number)


def handling(people: People) -> None:
    """1: the desk, a report, what is still missing."""
    clerk = people(CLERK)
    clerk.says("/menu")
    clerk.shows("menu-petugas", menu=True)
    clerk.says("/staf")
    clerk.shows("meja")
    clerk.taps_like(REPORT)
    clerk.taps("desk.button.take")
    clerk.shows("laporan-kartu")
    clerk.taps("desk.button.move.perlu-data")
    clerk.shows("laporan-minta")


def forwarding(people: People) -> None:
    """2: on to an authority, with the number that it has there."""
    clerk = people(CLERK)
    opens(clerk, REPORT)
    clerk.taps("desk.button.move.diverifikasi")
    clerk.taps("desk.button.move.diteruskan")
    clerk.shows("teruskan-ke")
    clerk.taps("authority.choice.city_works")
    clerk.says(THERE)
    clerk.taps("form.button.skip")
    clerk.shows("teruskan-ringkasan")
    clerk.taps("desk.button.tell")
    people(DARMO).shows("teruskan-warga")


def closing(people: People) -> None:
    """3: done, with a photo, and what the reporter says of it."""
    clerk, reporter = people(CLERK), people(DARMO)
    opens(clerk, REPORT)
    clerk.taps("desk.button.move.diproses")
    clerk.taps("desk.button.move.selesai")
    clerk.sends_photo(drain(clean=True))
    clerk.taps("form.button.continue")
    clerk.says("Parit sudah dikeruk hari Sabtu.")
    clerk.shows("selesai-ringkasan")
    clerk.taps("desk.button.tell")
    reporter.shows("selesai-warga")
    reporter.taps("report.button.fixed")
    clerk.says("/staf")
    clerk.taps("desk.button.group.closed")
    clerk.taps_like(REPORT)
    clerk.shows("selesai-kartu")


def letters(people: People) -> None:
    """4: writing to a reporter, and his answer."""
    clerk, reporter = people(CLERK), people(DARMO)
    opens(clerk, REPORT)
    clerk.taps("desk.button.write")
    clerk.shows("tulis-pilih")
    clerk.says("Apakah paritnya mampet setiap hujan?")
    clerk.taps("desk.button.tell")
    reporter.shows("tulis-warga")
    reporter.taps("report.button.reply")
    reporter.says("Ya Bu, setiap hujan deras.")
    reporter.taps("form.button.skip")
    reporter.taps("form.button.send")
    clerk.shows("tulis-balasan")


def wishes(people: People) -> None:
    """5: a wish of residents, read and answered."""
    clerk = people(CLERK)
    opens(clerk, WISH)
    clerk.taps("aspiration.button.move.diverifikasi")
    clerk.shows("usulan-kartu")
    clerk.taps("aspiration.button.move.selesai")
    clerk.shows("usulan-jawaban")


def announcing(people: People) -> None:
    """6: an announcement with a file and a button, whom it reached, its text for WhatsApp."""
    clerk = people(CLERK)
    clerk.says("/pengumuman")
    clerk.taps("announcement.button.new")
    clerk.says("Besok pukul 8 pagi ada penyemprotan nyamuk. Mohon pintu dan jendela ditutup.")
    clerk.sends_file(b"%PDF-1.4\n" + b" " * 90_000, "surat-edaran.pdf")
    clerk.taps("form.choice.all_rt")
    clerk.taps("announcement.when.choice.now")
    clerk.taps("form.button.details")
    clerk.taps("announcement.who.choice.all")
    clerk.taps("announcement.link.choice.petugas")
    clerk.shows("pengumuman-ringkasan")
    clerk.taps("announcement.button.preview")
    clerk.shows("pengumuman-contoh", last=2)
    clerk.taps_like("Kirim ke")
    clerk.waits_for("Pengumuman selesai")
    people(ANI).says("/menu")
    clerk.says("/pengumuman")
    clerk.taps_like("terkirim")
    clerk.shows("pengumuman-hasil")


def teaching(people: People) -> None:
    """7: the weekly lessons."""
    clerk = people(CLERK)
    clerk.says("/pelajaran")
    clerk.taps("lesson.button.weeks")
    clerk.shows("pelajaran-rencana")
    clerk.taps_like("Arti BANTAR")
    clerk.taps("lesson.button.preview")
    clerk.shows("pelajaran-isi")


def answering(people: People) -> None:
    """8: a message to staff, and a question that no page answers yet."""
    clerk, resident = people(CLERK), people(SITI)
    agrees(resident, "03")
    resident.says("ado lomba burung dak bulan ko")
    resident.says("/petugas")
    resident.says("Apakah hari Sabtu bisa mengurus surat pindah?")
    resident.taps("form.button.skip")
    resident.taps("form.button.send")
    opens(clerk, LETTER)
    clerk.shows("pesan-kartu")
    clerk.says("/pertanyaan")
    clerk.taps("question.button.number", number="1")
    clerk.shows("pertanyaan-satu")


def planning(people: People) -> None:
    """9: a gotong royong is planned, and residents are invited."""
    head = people(HEAD)
    head.says("/kegiatan")
    head.taps("activity.button.new")
    head.says(EVENT)
    head.says("Sabtu jam 7 pagi")
    head.says("pos ronda RT 05")
    head.says("cangkul, karung")
    head.taps("activity.repeat.choice.weekly")
    head.shows("kegiatan-ringkasan")
    head.taps("activity.button.send")
    people(ANI).waits_for(EVENT)
    people(ANI).shows("kegiatan-undangan", saying=EVENT)
    head.taps("activity.button.open")
    head.taps("activity.button.change")
    head.shows("kegiatan-ubah")


def attending(people: People) -> None:
    """10: the day itself; waits until a gotong royong has begun, which takes two minutes."""
    head, budi, ani = people(HEAD), people(BUDI), people(ANI)
    begins = datetime.now(ZoneInfo(ZONE)) + timedelta(minutes=2)
    head.says("/kegiatan")
    head.taps("activity.button.new")
    head.says(EVENT)
    head.says(format_datetime(begins, "d MMMM HH.mm", locale="id"))
    head.says("pos ronda RT 05")
    head.says("cangkul, karung")
    head.taps("activity.repeat.choice.once")
    head.taps("activity.button.send")
    agrees(budi, "05")
    time.sleep(max((begins.replace(second=1) - datetime.now(begins.tzinfo)).total_seconds(), 0))
    _opens_event(head, begins)
    head.shows("hari-kegiatan")
    head.taps("presence.button.code")
    head.waits_for("Kode hadir:")
    head.shows("hari-kode")
    budi.says("/jadwal")
    budi.taps("presence.button.claim")
    ani.says("/jadwal")
    _opens_event(head, begins)
    head.taps("presence.button.waiting", count=1)
    head.shows("hari-konfirmasi")
    _opens_event(head, begins)
    head.taps("outcome.button.after")
    head.sends_photo(drain(clean=True))
    head.taps("form.button.continue")
    head.says("parit 40 m bersih, 12 karung sampah")
    head.shows("hari-hasil")


def _opens_event(head: Phone, begins: datetime) -> None:
    head.says("/kegiatan")
    head.taps_like(format_datetime(begins, "d MMM", locale="id"))


def assisted(people: People) -> None:
    """11: filing for a resident without Telegram, and the poster."""
    head = people(HEAD)
    agrees(head, "05")
    head.says("/bantu")
    head.shows("bantu-mulai")
    head.taps("assisted.button.complaint")
    head.shows("bantu-setuju")
    head.taps("assisted.choice.yes")
    head.says("Bu Minah")
    head.taps("complaint.kind.choice.blocked")
    head.taps("form.choice.rt", number="05")
    head.says("belakang langgar")
    head.says("Parit mampet, air masuk dapur kalau hujan.")
    head.sends_photo(drain(clean=False))
    head.taps("form.button.continue")
    head.taps("form.button.send")
    head.shows("bantu-nomor")


def together(people: People) -> None:
    """12: a report becomes a gotong royong."""
    clerk, reporter = people(CLERK), people(DARMO)
    opens(clerk, REPORT)
    clerk.taps("conversion.button.together")
    clerk.says("Minggu jam 7 pagi")
    clerk.shows("bersama-ringkasan")
    clerk.taps("activity.button.send")
    reporter.waits_for("Untuk laporan")
    reporter.shows("bersama-warga", saying="Untuk laporan")


def exporting(people: People) -> None:
    """13: the planner takes the data."""
    planner = people(PLANNER)
    planner.says("/ekspor")
    planner.taps("export.choice.complaints")
    planner.taps("export.choice.all.year")
    planner.taps("export.choice.all.rt")
    planner.taps("export.choice.all.state")
    planner.shows("ekspor-tanya")
    planner.taps("export.button.send")
    planner.waits_for("baris, diambil")
    planner.shows("ekspor-berkas")


def inviting(people: People) -> None:
    """14: the administrator invites somebody."""
    admin = people(ADMIN)
    admin.says("/peran")
    admin.shows("undang-daftar")
    admin.taps("role.button.invite")
    admin.says("Pak Joko")
    admin.taps("role.choice.rt_head")
    admin.taps("form.choice.rt", number="03")
    admin.taps("form.button.continue")
    admin.taps("role.button.link")
    admin.shows("undang-pesan", last=2)


SCENES: dict[str, Callable[[People], None]] = {
    scene.__name__: scene
    for scene in (
        handling, forwarding, closing, letters, wishes, announcing, teaching, answering,
        planning, attending, assisted, together, exporting, inviting,
    )
}  # fmt: skip
