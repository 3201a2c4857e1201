"""Writes small files that say when they were taken, as Pillow and pillow-heif write EXIF data, to Tests/ImagesTests/Fixtures.

    /tmp/reference/bin/python Tools/reference/exif_moments.py Tests/ImagesTests/Fixtures
"""

import sys
from pathlib import Path

from PIL import Image
from pillow_heif import register_heif_opener

register_heif_opener()
MAKE, MODEL, DETAIL, ORIENTATION = 0x010F, 0x0110, 0x8769, 0x0112
TIME, PART, SERIAL = 0x9003, 0x9291, 0xA431


def write(path, main, detail):
    exif = Image.Exif()
    for tag, value in main.items():
        exif[tag] = value
    for tag, value in detail.items():
        exif.get_ifd(DETAIL)[tag] = value
    Image.new("RGB", (8, 8), (90, 120, 60)).save(path, quality=80, exif=exif.tobytes())


folder = Path(sys.argv[1])
write(
    folder / "moment-full.jpg", {MAKE: "Whisker", MODEL: "Box 2", ORIENTATION: 6},
    {TIME: "2024:02:29 23:59:58", PART: "75", SERIAL: "0042"})
for ending in ("png", "webp", "heic"):
    write(
        folder / f"moment-full.{ending}", {MAKE: "Whisker", MODEL: "Box 2"},
        {TIME: "2024:02:29 23:59:58", PART: "75", SERIAL: "0042"})
write(folder / "moment-next-day.jpg", {MAKE: "Whisker", MODEL: "Box 2"}, {TIME: "2024:03:01 00:00:01"})
write(folder / "moment-bare.jpg", {}, {TIME: "2024:03:01 00:00:01"})
write(folder / "moment-unset.jpg", {MODEL: "Box 2"}, {TIME: "0000:00:00 00:00:00"})
write(folder / "moment-none.jpg", {MAKE: "Whisker", MODEL: "Box 2"}, {})
