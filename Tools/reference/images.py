"""Draws the photos in Tests/ImagesTests/Fixtures and writes down what Pillow reads in them.

Run in a throw-away environment (Python 3.11):

    python3 -m venv /tmp/reference && /tmp/reference/bin/pip install pillow==13.0.0 numpy==2.4.6
    /tmp/reference/bin/python Tools/reference/images.py Tests/ImagesTests/Fixtures

Every picture is drawn by a formula, so the files are small and free of rights. expected.json holds, for each
file, the header's fields and a hash (64-bit FNV-1a) of the pixels that Pillow decodes, in RGB and in gray;
resize.json holds hashes of pictures, made by the formula below and remade in Swift, at other sizes.
"""

import io
import json
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
import PIL
from PIL import Image

assert PIL.__version__ == "13.0.0", PIL.__version__


def formula(height, width, channels):
    """Pixels that change at every scale; Swift's `formulaPhoto` is the same."""
    row, column, channel = np.mgrid[0:height, 0:width, 0:channels].astype(np.int64)
    wave = row * 7 + column * 5 + channel * 83 + (row * column) // 11
    spark = ((row * 31 + column * 17 + channel * 13) % 29) * 3
    return ((wave + spark) % 256).astype(np.uint8)


def soft(height, width):
    """A picture that lossy formats keep well: gradients, a disc, an edge."""
    row, column = np.mgrid[0:height, 0:width]
    disc = ((row - height * 0.45) ** 2 + (column - width * 0.6) ** 2) < (height * 0.3) ** 2
    red = row * 200 // height + 30
    green = column * 220 // width + 10
    blue = np.where(disc, 220, 60) + (row + column) % 8
    green = np.where(disc, 255 - green, green)
    return np.stack([red, green, blue], axis=-1).astype(np.uint8)


def fnv(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return f"{value:016x}"


def png(height, width, bit_depth, color_type, rows, extra=b""):
    """A PNG put together by hand, for the depths that Pillow doesn't write."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    raw = b"".join(b"\0" + row for row in rows)
    header = struct.pack(">IIBBBBB", width, height, bit_depth, color_type, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra
        + chunk(b"IDAT", zlib.compress(raw, 9)) + chunk(b"IEND", b"")
    )


def interlaced(pixels):
    """An Adam7 PNG of RGB pixels, which Pillow reads but doesn't write."""
    height, width, _ = pixels.shape
    rows = []
    for y, x, dy, dx in [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]:
        part = pixels[y::dy, x::dx]
        rows += [line.tobytes() for line in part] if part.size else []
    raw = b"".join(b"\0" + row for row in rows)

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 1))
        + chunk(b"IDAT", zlib.compress(raw, 9)) + chunk(b"IEND", b"")
    )


def saved(image, format, **options):
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def exif(orientation):
    data = Image.Exif()
    data[274] = orientation
    return data.tobytes()


def photos():
    """Name → bytes of every fixture."""
    color = Image.fromarray(soft(43, 61))
    gray = color.convert("L")
    small = Image.fromarray(soft(16, 24))
    rough = formula(43, 61, 3)
    files = {
        "baseline-420.jpg": saved(color, "JPEG", quality=85, subsampling="4:2:0"),
        "baseline-422.jpg": saved(color, "JPEG", quality=85, subsampling="4:2:2"),
        "baseline-444.jpg": saved(color, "JPEG", quality=92, subsampling="4:4:4"),
        "progressive.jpg": saved(color, "JPEG", quality=80, progressive=True),
        "restarts.jpg": saved(color, "JPEG", quality=80, restart_marker_blocks=4),
        "gray.jpg": saved(gray, "JPEG", quality=85),
        "cmyk.jpg": saved(color.convert("CMYK"), "JPEG", quality=90),
        "rgb.png": saved(Image.fromarray(rough), "PNG"),
        "gray.png": saved(Image.fromarray(rough[:, :, 0]), "PNG"),
        "palette.png": saved(color.quantize(37), "PNG"),
        "alpha.png": saved(Image.fromarray(formula(43, 61, 4)), "PNG"),
        "gray-alpha.png": saved(Image.fromarray(formula(43, 61, 2)), "PNG"),
        "bilevel.png": saved(gray.convert("1"), "PNG"),
        "interlaced.png": interlaced(rough),
        "palette.gif": saved(color.quantize(64), "GIF"),
        "interlaced.gif": saved(color.quantize(64), "GIF", interlace=1),
        "animated.gif": saved(
            color.quantize(16), "GIF", save_all=True, append_images=[gray.quantize(16)], duration=50),
        "gif-named.jpg": saved(small.quantize(16), "GIF"),
        "lossy.webp": saved(color, "WEBP", quality=70),
        "lossless.webp": saved(Image.fromarray(rough), "WEBP", lossless=True),
        "alpha.webp": saved(Image.fromarray(formula(43, 61, 4)), "WEBP", lossless=True, exact=True),
        "rgb.bmp": saved(small, "BMP"),
        "palette.bmp": saved(small.quantize(16), "BMP"),
        "gray.bmp": saved(small.convert("L"), "BMP"),
        "rgb.tiff": saved(small, "TIFF"),
        "lzw.tiff": saved(color, "TIFF", compression="tiff_lzw"),
        "gray.tiff": saved(small.convert("L"), "TIFF"),
        "palette.tiff": saved(small.quantize(16), "TIFF"),
        "bilevel.tiff": saved(small.convert("1"), "TIFF"),
    }
    deep = np.arange(43 * 61 * 3, dtype=np.int64).reshape(43, 61, 3) * 7919 % 65536
    files["rgb-16.png"] = png(43, 61, 16, 2, [row.astype(">u2").tobytes() for row in deep])
    nibbles = formula(43, 62, 1)[:, :, 0] >> 4
    files["gray-4.png"] = png(43, 62, 4, 0, [(row[0::2] << 4 | row[1::2]).tobytes() for row in nibbles])
    for orientation in range(1, 9):
        files[f"turned-{orientation}.jpg"] = saved(
            small, "JPEG", quality=85, subsampling="4:4:4", exif=exif(orientation))
    return files


def expectation(name, data):
    image = Image.open(io.BytesIO(data))
    stored = image.size
    upright = image
    if name.startswith("turned-"):
        from PIL import ImageOps
        upright = ImageOps.exif_transpose(image)
    rgb = np.asarray(upright.convert("RGB"))
    return {
        "file": name,
        "format": image.format.lower(),
        "storedHeight": stored[1], "storedWidth": stored[0],
        "height": rgb.shape[0], "width": rgb.shape[1],
        "rgb": fnv(rgb.tobytes()),
        "gray": fnv(np.asarray(upright.convert("RGB").convert("L")).tobytes()),
        "corner": [int(value) for value in rgb[:2, :2].ravel()],
    }


def resizes():
    """Odd ratios, up and down, one axis only, to and from a single pixel; both orders of the passes."""
    cases = []
    for channels in (3, 1):
        for (height, width), targets in {
            (43, 61): [(43, 61), (20, 20), (86, 122), (43, 17), (11, 61), (150, 150), (1, 1), (5, 90), (97, 3), (42, 60)],
            (10, 1): [(4, 1), (25, 7)],
            (1, 10): [(1, 4), (3, 3)],
            (375, 499): [(150, 150), (224, 224)],
            (499, 160): [(150, 150), (299, 149)],
        }.items():
            image = Image.fromarray(formula(height, width, channels).squeeze(-1) if channels == 1
                                    else formula(height, width, channels))
            for target in targets:
                for name, filter in (("nearest", Image.NEAREST), ("bilinear", Image.BILINEAR), ("bicubic", Image.BICUBIC)):
                    result = np.asarray(image.resize((target[1], target[0]), filter))
                    cases.append({
                        "height": height, "width": width, "channels": channels,
                        "newHeight": target[0], "newWidth": target[1], "interpolation": name,
                        "hash": fnv(result.tobytes()),
                    })
    return cases


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    expected = []
    for name, data in photos().items():
        (folder / name).write_bytes(data)
        expected.append(expectation(name, data))
    # One file with several pages of text, so that a difference shows line by line.
    write = lambda name, rows: (folder / name).write_text(
        "[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")
    write("expected.json", expected)
    write("resize.json", resizes())


if __name__ == "__main__":
    main()
