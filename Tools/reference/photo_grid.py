"""The grid of photo files, formats x modes x orientations, that Whisker is to read as Pillow does.

    python photo_grid.py Tests/ImagesTests/Fixtures       writes grid.json and grid-files.txt

grid-files.txt has a line for each file, its name and its bytes in base64; grid.json a line for each with the size and a
hash (64-bit FNV-1a) of the pixels that Pillow reads and turns upright, in RGB and in gray. Where a lossy codec is not
exact between decoders ("within": 2), the RGB pixels are there in base64. Where Whisker differs from Pillow on purpose
("rule", the sections of docs/photos.md), the pixels are computed here by that rule.
"""

import base64
import io
import json
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
import pillow_heif
import PIL
from PIL import Image, ImageOps, TiffImagePlugin

import deep_avif
import raw_files as raw
from images import exif, fnv, formula, interlaced, saved, soft

assert PIL.__version__ == "13.0.0", PIL.__version__
assert pillow_heif.__version__ == "1.8.1", pillow_heif.__version__
pillow_heif.register_heif_opener()

HEIGHT, WIDTH = 16, 24
COLOR = soft(HEIGHT, WIDTH)
ROUGH = formula(HEIGHT, WIDTH, 4)
XMP = (b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
       b'<rdf:Description rdf:about="" xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"/>'
       b'</rdf:RDF></x:xmpmeta>')


# Of the files that are read otherwise than by Pillow on purpose: the rule's name and the pixels, not turned yet.
RULED = {}
DEEP = "gray of more than 8 bits"


def gray_range(values, bits=None, inverted=False):
    """8 bits of gray values by Whisker's rule: white is the smallest usual one that no value exceeds."""
    if values.dtype.kind == "f":
        white = next(white for white in (1, 255, 1023, 4095, 16383, 65535) if values.max() <= white)
        gray = values.astype(np.float32) / np.float32(white) * np.float32(255)
        gray = np.floor(gray + np.float32(0.5)).astype(np.uint8)
    else:
        bits = bits or next(bits for bits in (8, 10, 12, 14, 16) if values.max() < 1 << bits)
        gray = (values >> (bits - 8)).astype(np.uint8)
    return 255 - gray if inverted else gray


def deep_png(name, values, **options):
    RULED[name] = DEEP, gray_range(values[..., 0])
    return {name: raw.png(values, 16, 0, **options)}


def deep_tiff(name, values, bits, inverted=False, **options):
    RULED[name] = DEEP, gray_range(values[..., 0], bits if bits < 16 else None, inverted)
    return {name: raw.tiff_of(values, bits, 0 if inverted else 1, **options)}


def indices(bits):
    return ROUGH[..., 0] >> (8 - bits)


def deep(channels, largest=65535):
    """Values of 16 bits over all of their range."""
    count = HEIGHT * WIDTH * channels
    return (np.arange(count, dtype=np.int64).reshape(HEIGHT, WIDTH, channels) * 7919 % (largest + 1))


def palette(count, order=(0, 1, 2), stride=3):
    colors = [[(37 * i + 11) % 256, (91 * i + 5) % 256, (151 * i + 200) % 256] for i in range(count)]
    return bytes(v for c in colors for v in [c[k] for k in order] + [0] * (stride - 3))


def jpeg():
    image = Image.fromarray(COLOR)
    cmyk = saved(image.convert("CMYK"), "JPEG", quality=92)
    # Pillow marks CMYK as such (0); YCCK is the same with the first three planes as YCbCr (2).
    ycck = Image.merge("CMYK", image.convert("YCbCr").split() + (image.convert("L"),))
    marked = saved(ycck, "JPEG", quality=92)
    place = marked.index(b"Adobe") + 11
    files = {
        "gray.jpg": saved(image.convert("L"), "JPEG"), "cmyk.jpg": cmyk,
        "ycck.jpg": marked[:place] + b"\x02" + marked[place + 1:],
        "cmyk-unmarked.jpg": cmyk[:cmyk.index(b"Adobe") - 4] + cmyk[cmyk.index(b"Adobe") + 12:],
        "rgb-transform-0.jpg": saved(image, "JPEG", keep_rgb=True, quality=90),
        "xmp.jpg": saved(image, "JPEG", xmp=XMP), "arithmetic-free.jpg": saved(image, "JPEG", progressive=True),
        "big-endian-exif.jpg": saved(image, "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\x08\0\0\0\0\0\0"),
    }
    for orientation in range(1, 9):
        for mode in ("L", "CMYK"):
            files[f"{mode.lower()}-{orientation}.jpg"] = saved(
                image.convert(mode), "JPEG", quality=80, exif=exif(orientation))
    return files


def png():
    files = {}
    for crossed in (False, True):
        end = "-interlaced.png" if crossed else ".png"
        for bits in (1, 2, 4, 8):
            files[f"gray-{bits}{end}"] = raw.png(indices(bits)[..., None], bits, 0, interlaced=crossed)
            files[f"palette-{bits}{end}"] = raw.png(
                indices(bits)[..., None], bits, 3, raw.png_chunk(b"PLTE", palette(1 << bits)), interlaced=crossed)
        files |= deep_png(f"gray-16{end}", deep(1), interlaced=crossed)
        for name, kind, channels in (("gray-alpha", 4, 2), ("rgb", 2, 3), ("rgba", 6, 4)):
            files[f"{name}-8{end}"] = raw.png(ROUGH[..., :channels], 8, kind, interlaced=crossed)
            files[f"{name}-16{end}"] = raw.png(deep(channels), 16, kind, interlaced=crossed)
    plte = raw.png_chunk(b"PLTE", palette(16))
    rgb = ROUGH[..., :3]
    for most, name in ((255, "8"), (1023, "10"), (4095, "12"), (16383, "14")):
        files |= deep_png(f"gray-{name}-in-16.png", deep(1, most))
    files |= {
        "palette-trns.png": raw.png(
            indices(4)[..., None], 4, 3, plte + raw.png_chunk(b"tRNS", bytes(range(0, 160, 10)))),
        "gray-trns.png": raw.png(indices(8)[..., None], 8, 0, raw.png_chunk(b"tRNS", b"\0\x40")),
        "rgb-trns.png": raw.png(rgb, 8, 2, raw.png_chunk(b"tRNS", b"\0\0\0\x7a\0\xf4")),
        "palette-short.png": raw.png(indices(4)[..., None], 4, 3, raw.png_chunk(b"PLTE", palette(9))),
        "gamma.png": raw.png(rgb, 8, 2, raw.png_chunk(b"gAMA", struct.pack(">I", 100000))),
        "no-end.png": raw.png(rgb, 8, 2, end=b""),
        "end-cut.png": raw.png(rgb, 8, 2, end=b"\0\0\0\0IE"),
        "after-end.png": raw.png(rgb, 8, 2) + b"and more",
        "animated.png": saved(Image.fromarray(rgb), "PNG", save_all=True, append_images=[Image.fromarray(COLOR)]),
        "exif-after.png": raw.png(rgb, 8, 2, after=raw.png_chunk(b"eXIf", exif(8)[6:])),
        "xmp.png": raw.png(rgb, 8, 2, raw.png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP)),
        "xmp-compressed.png": raw.png(
            rgb, 8, 2, raw.png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(XMP))),
    }
    hexadecimal = exif(6).hex().encode()
    profile = b"\nexif\n%8d\n" % len(exif(6)) + hexadecimal + b"\n"
    files["raw-profile.png"] = raw.png(rgb, 8, 2, raw.png_chunk(b"tEXt", b"Raw profile type exif\0" + profile))
    files["raw-profile-compressed.png"] = raw.png(
        rgb, 8, 2, raw.png_chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(profile)))
    for orientation in range(1, 9):
        chunk = raw.png_chunk(b"eXIf", exif(orientation)[6:])
        files[f"gray-8-{orientation}.png"] = raw.png(indices(8)[..., None], 8, 0, chunk)
        files[f"rgba-8-{orientation}.png"] = raw.png(ROUGH, 8, 6, chunk)
    return files


def gif_file(width, height, frames, colors=None, background=0, trailer=b";", version=b"GIF89a"):
    """Frames (left, top, indices, local palette or None, transparent index or None, interlaced)."""

    def table(data):
        return (0x80 | len(data).bit_length() - 1 - (len(data) // 3 == 1), data) if data else (0, b"")

    def size_bits(data):
        return (len(data) // 3 - 1).bit_length() - 1

    head = version + struct.pack("<HHBBB", width, height, 0x80 | size_bits(colors) if colors else 0, background, 0)
    result = head + (colors or b"")
    for left, top, values, local, transparent, crossed in frames:
        if transparent is not None:
            result += b"!\xf9\x04" + bytes([1, 0, 0, transparent]) + b"\0"
        high, wide = values.shape
        flags = (0x80 | size_bits(local) if local else 0) | (0x40 if crossed else 0)
        result += b"," + struct.pack("<HHHHB", left, top, wide, high, flags) + (local or b"")
        rows = [y for a, d in ((0, 8), (4, 8), (2, 4), (1, 2)) for y in range(a, high, d)] if crossed else range(high)
        # Codes of nine bits, the table cleared before it grows.
        codes = []
        for number, value in enumerate(int(v) for y in rows for v in values[y]):
            if number % 200 == 0:
                codes.append(256)
            codes.append(value)
        codes.append(257)
        bits = sum(code << (9 * number) for number, code in enumerate(codes))
        data = bits.to_bytes((9 * len(codes) + 7) // 8, "little")
        blocks = b"".join(bytes([len(data[i:i + 255])]) + data[i:i + 255] for i in range(0, len(data), 255))
        result += b"\x08" + blocks + b"\0"
    return result + trailer


def gif():
    whole, part = indices(4), indices(4)[2:11, 3:16]
    colors, local = palette(16), palette(32)[48:]
    return {
        "plain.gif": gif_file(WIDTH, HEIGHT, [(0, 0, whole, None, None, False)], colors, version=b"GIF87a"),
        "interlaced.gif": gif_file(WIDTH, HEIGHT, [(0, 0, whole, None, None, True)], colors),
        "local.gif": gif_file(WIDTH, HEIGHT, [(0, 0, whole, local, None, False)], colors),
        "only-local.gif": gif_file(WIDTH, HEIGHT, [(0, 0, whole, local, None, True)]),
        "no-palette.gif": gif_file(WIDTH, HEIGHT, [(0, 0, indices(8), None, None, False)]),
        "gray-palette.gif": gif_file(
            WIDTH, HEIGHT, [(0, 0, indices(8), None, None, False)], bytes(v for i in range(256) for v in (i, i, i))),
        "two-colors.gif": gif_file(WIDTH, HEIGHT, [(0, 0, indices(1), None, None, False)], palette(4)[3:9]),
        "short-palette.gif": gif_file(WIDTH, HEIGHT, [(0, 0, indices(4), None, None, False)], palette(4)),
        "small-frame.gif": gif_file(WIDTH, HEIGHT, [(5, 4, part, None, None, False)], colors, background=7),
        "small-frame-transparent.gif": gif_file(WIDTH, HEIGHT, [(5, 4, part, None, 6, True)], colors, background=7),
        "small-frame-local.gif": gif_file(WIDTH, HEIGHT, [(5, 4, part, local, 3, False)], colors, background=7),
        "leaving-frame.gif": gif_file(20, 10, [(15, 3, part, None, None, False)], colors),
        "large-frame.gif": gif_file(3, 3, [(0, 0, whole, None, 2, False)], colors),
        "transparent.gif": gif_file(WIDTH, HEIGHT, [(0, 0, whole, None, 5, False)], colors),
        "animated.gif": gif_file(
            WIDTH, HEIGHT, [(0, 0, whole, None, 5, False), (2, 2, part, local, None, False)], colors),
        "no-trailer.gif": gif_file(WIDTH, HEIGHT, [(0, 0, whole, None, None, False)], colors, trailer=b""),
        "no-last-block.gif": gif_file(WIDTH, HEIGHT, [(0, 0, whole, None, None, False)], colors, trailer=b"")[:-1],
        "comment.gif": gif_file(WIDTH, HEIGHT, [], colors, trailer=b"!\xfe\x03cat\0") + gif_file(
            WIDTH, HEIGHT, [(0, 0, whole, None, None, False)], colors)[13 + 48:],
    }


def webp():
    color, rough = Image.fromarray(COLOR), Image.fromarray(ROUGH)
    lossless = dict(lossless=True, exact=True)
    files = {
        "lossy.webp": saved(color, "WEBP", quality=80), "lossy-alpha.webp": saved(rough, "WEBP", quality=80),
        "lossless.webp": saved(color, "WEBP", lossless=True), "gray.webp": saved(color.convert("L"), "WEBP"),
        "lossless-alpha.webp": saved(rough, "WEBP", **lossless),
        "xmp.webp": saved(color, "WEBP", lossless=True, xmp=XMP),
        "animated.webp": saved(color, "WEBP", lossless=True, save_all=True, append_images=[color.rotate(180)]),
    }
    part = np.ascontiguousarray(ROUGH[2:11, 4:17])
    for name, options in (("lossless", lossless), ("lossy", dict(quality=85))):
        for alpha in ("", "-alpha"):
            pixels = Image.fromarray(part if alpha else part[..., :3])
            chunks = raw.webp_chunks(saved(pixels, "WEBP", **options))
            chunk = next(chunk for chunk in chunks if chunk[0] in (b"VP8 ", b"VP8L"))
            files[f"small-frame-{name}{alpha}.webp"] = raw.animated_webp(
                (WIDTH, HEIGHT), [(4, 2, 13, 9, chunk), (0, 0, 13, 9, chunk)])
    for orientation in range(1, 9):
        files[f"lossy-{orientation}.webp"] = saved(color, "WEBP", quality=80, exif=exif(orientation))
        files[f"rgba-{orientation}.webp"] = saved(rough, "WEBP", exif=exif(orientation), **lossless)
    return files


def bmp():
    files = {}
    rgb = ROUGH[..., :3].astype(np.uint32)
    for top_down in (False, True):
        end, height = ("-top-down.bmp", -HEIGHT) if top_down else (".bmp", HEIGHT)
        for header in (12, 40, 52, 56, 64, 108, 124):
            if header == 12 and top_down:
                continue
            stride = 3 if header == 12 else 4
            for bits in (1, 4, 8):
                files[f"palette-{bits}-header-{header}{end}"] = raw.bmp(
                    raw.bmp_rows(indices(bits), bits, top_down), WIDTH, height, bits, header,
                    palette=palette(1 << bits, (2, 1, 0), stride))
            files[f"24-header-{header}{end}"] = raw.bmp(
                raw.bmp_rows(ROUGH[..., 2::-1], 24, top_down), WIDTH, height, 24, header)
        five = rgb >> 3
        pixels = five[..., 0] << 10 | five[..., 1] << 5 | five[..., 2]
        files[f"16{end}"] = raw.bmp(raw.bmp_rows(pixels, 16, top_down), WIDTH, height, 16)
        pixels = rgb[..., 0] << 16 | rgb[..., 1] << 8 | rgb[..., 2] | 0x55000000
        files[f"32{end}"] = raw.bmp(raw.bmp_rows(pixels, 32, top_down), WIDTH, height, 32)
        for header in (40, 52, 56, 108, 124):
            masks = (0xF800, 0x7E0, 0x1F)
            pixels = rgb[..., 0] >> 3 << 11 | rgb[..., 1] >> 2 << 5 | rgb[..., 2] >> 3
            files[f"565-header-{header}{end}"] = raw.bmp(
                raw.bmp_rows(pixels, 16, top_down), WIDTH, height, 16, header, 3, masks=masks)
        for name, header, shifts, alpha in (
                ("bgrx", 40, (16, 8, 0), None), ("xbgr", 56, (24, 16, 8), None), ("abgr", 108, (24, 16, 8), 0),
                ("rgba", 124, (0, 8, 16), 24), ("bgra", 124, (16, 8, 0), 24), ("bgra-v4", 108, (16, 8, 0), 24)):
            masks = tuple(255 << shift for shift in shifts) + ((255 << alpha,) if alpha is not None else (0,))
            pixels = sum(rgb[..., k] << shifts[k] for k in range(3))
            if alpha is not None:
                pixels = pixels | ROUGH[..., 3].astype(np.uint32) << alpha
            files[f"32-{name}{end}"] = raw.bmp(
                raw.bmp_rows(pixels, 32, top_down), WIDTH, height, 32, header, 3, masks=masks)
        # Runs, literals of odd and even length, jumps to the right and up, the end of rows and of the picture.
        for bits, kind in ((8, 1), (4, 2)):
            data = b""
            for row in range(HEIGHT):
                values = [int(v) for v in indices(bits)[row]]
                count = 3 + row % 6
                rest = values[count:]
                if bits == 8:
                    literal = bytes(rest)
                    data += bytes([count, values[0], 0, len(rest)]) + literal + b"\0" * (len(literal) % 2)
                else:
                    data += bytes([count, values[0] << 4 | values[1], 0, len(rest)])
                    literal = raw.packed(np.array([rest]), 4).tobytes()
                    data += literal + b"\0" * (len(literal) % 2)
                data += b"\0\0" if row < HEIGHT - 1 else b"\0\1"
            # Some Pillow decodes by rows only: jumps are in a picture of their own.
            jumps = bytes([5, 0x12, 0, 2, 3, 2, 9, 0x34, 0, 0]) + bytes([WIDTH, 0x21, 0, 0]) * (HEIGHT - 4) + bytes(
                [7, 0x43, 0, 2, 17, 0]) + b"\0\1"
            for name, body in (("", data), ("-jumps", jumps)):
                for header in (40, 124):
                    files[f"rle-{bits}{name}-header-{header}{end}"] = raw.bmp(
                        body, WIDTH, height, bits, header, kind, palette=palette(1 << bits, (2, 1, 0), 4))
    black_white = bytes([0, 0, 0, 0, 255, 255, 255, 0])
    files |= {
        "two-colors.bmp": raw.bmp(raw.bmp_rows(indices(1), 1), WIDTH, HEIGHT, 1, palette=black_white),
        "two-colors-inverted.bmp": raw.bmp(
            raw.bmp_rows(indices(1), 1), WIDTH, HEIGHT, 1, palette=black_white[4:] + black_white[:4]),
        "short-palette.bmp": raw.bmp(
            raw.bmp_rows(indices(4), 8), WIDTH, HEIGHT, 8, palette=palette(5, (2, 1, 0), 4), colors=5),
        "gray-palette.bmp": saved(Image.fromarray(COLOR).convert("L"), "BMP"),
        "no-offset.bmp": raw.bmp(
            raw.bmp_rows(indices(4), 4), WIDTH, HEIGHT, 4, palette=palette(16, (2, 1, 0), 4), offset=0),
        "offset-of-header.bmp": raw.bmp(
            raw.bmp_rows(indices(4), 4), WIDTH, HEIGHT, 4, palette=palette(16, (2, 1, 0), 4), offset=54),
        "rgba.bmp": saved(Image.fromarray(ROUGH), "BMP"),
    }
    return files


def tiff():
    files = {}
    color, rough = Image.fromarray(COLOR), Image.fromarray(ROUGH)
    rgb = ROUGH[..., :3]
    for compression in ("raw", "packbits", "tiff_lzw", "tiff_adobe_deflate", "tiff_deflate", "lzma", "zstd"):
        for name, image in (
                ("1", color.convert("1")), ("l", color.convert("L")), ("rgb", color), ("rgba", rough),
                ("p", color.quantize(16)), ("cmyk", color.convert("CMYK")), ("la", color.convert("LA"))):
            files[f"{name}-{compression}.tif"] = saved(image, "TIFF", compression=compression)
    for compression in ("group3", "group4", "tiff_ccitt"):
        files[f"1-{compression}.tif"] = saved(color.convert("1"), "TIFF", compression=compression)
    for mode in ("L", "RGB", "YCbCr", "CMYK"):
        files[f"{mode.lower()}-jpeg.tif"] = saved(color.convert(mode), "TIFF", compression="jpeg", quality=90)
    files["rgb-predictor.tif"] = saved(color, "TIFF", compression="tiff_lzw", tiffinfo={317: 2})
    files["ycbcr.tif"] = saved(color.convert("YCbCr"), "TIFF")
    files["ycbcr-lzw.tif"] = saved(color.convert("YCbCr"), "TIFF", compression="tiff_lzw")
    files["big.tif"] = raw.tiff_of(rgb, big=True)  # Pillow reads none of the other byte order
    files["xmp.tif"] = saved(color, "TIFF", tiffinfo={700: XMP})
    pages = saved(color, "TIFF", save_all=True, append_images=[color.rotate(180)])
    files["two-pages.tif"] = pages

    for order, end in (("<", "ii"), (">", "mm")):
        for tile in (None, (16, 16)):
            for planar in (False, True):
                name = f"{end}{'-tiles' if tile else ''}{'-planar' if planar else ''}"
                options = dict(order=order, tile=tile, planar=planar)
                files[f"rgb-8-{name}.tif"] = raw.tiff_of(rgb, **options)
                files[f"rgb-8-deflate-{name}.tif"] = raw.tiff_of(rgb, compress=zlib.compress, compression=8, **options)
                files[f"rgba-8-deflate-{name}.tif"] = raw.tiff_of(
                    ROUGH, extras=[2], compress=zlib.compress, compression=8, **options)
                if not planar:
                    files[f"rgb-16-{name}.tif"] = raw.tiff_of(deep(3), 16, **options)
                    files |= deep_tiff(f"gray-16-{name}.tif", deep(1), 16, **options)
                    files |= deep_tiff(
                        f"gray-16-deflate-{name}.tif", deep(1), 16, compress=zlib.compress, compression=8, **options)
        for bits in (1, 2, 4, 8):
            for photometric, name in ((0, "white"), (1, "black")):
                for fill in (1, 2):
                    if (bits, photometric, fill) == (8, 0, 2):  # which Pillow doesn't read
                        continue
                    files[f"gray-{bits}-{name}-fill-{fill}-{end}.tif"] = raw.tiff_of(
                        indices(bits)[..., None], bits, photometric, order, fill=fill)
            colors = palette(1 << bits)
            table = {320: [colors[3 * i + k] * 257 for k in range(3) for i in range(1 << bits)]}
            files[f"palette-{bits}-{end}.tif"] = raw.tiff_of(indices(bits)[..., None], bits, 3, order, more=table)
        files |= {
            f"rgb-16-alpha-{end}.tif": raw.tiff_of(deep(4), 16, 2, order, extras=[2]),
            f"rgb-16-multiplied-{end}.tif": raw.tiff_of(deep(4), 16, 2, order, extras=[1]),
            f"rgb-8-multiplied-{end}.tif": raw.tiff_of(ROUGH, 8, 2, order, extras=[1]),
            f"rgb-8-multiplied-deflate-{end}.tif": raw.tiff_of(
                ROUGH, 8, 2, order, extras=[1], compress=zlib.compress, compression=8),
            f"rgb-8-more-{end}.tif": raw.tiff_of(formula(HEIGHT, WIDTH, 5), 8, 2, order, extras=[0, 0]),
            f"rgb-8-unsaid-{end}.tif": raw.tiff_of(ROUGH, 8, 2, order),
            f"gray-alpha-{end}.tif": raw.tiff_of(ROUGH[..., :2], 8, 1, order, extras=[2]),
            f"gray-more-{end}.tif": raw.tiff_of(ROUGH[..., :2], 8, 1, order, extras=[0]),
            f"cmyk-8-{end}.tif": raw.tiff_of(ROUGH, 8, 5, order),
            f"cmyk-16-{end}.tif": raw.tiff_of(deep(4), 16, 5, order),
            f"cmyk-more-{end}.tif": raw.tiff_of(formula(HEIGHT, WIDTH, 5), 8, 5, order, extras=[0]),
            f"gray-8-signed-{end}.tif": raw.tiff_of(indices(8)[..., None], 8, 1, order, format=2),
            **deep_tiff(f"gray-12-{end}.tif", deep(1, 4095), 12, order=order),
            **deep_tiff(f"gray-10-in-16-{end}.tif", deep(1, 1023), 16, order=order),
            **deep_tiff(f"gray-12-in-16-{end}.tif", deep(1, 4095), 16, order=order),
            **deep_tiff(f"gray-14-in-16-{end}.tif", deep(1, 16383), 16, order=order),
            **deep_tiff(f"gray-16-white-{end}.tif", deep(1), 16, True, order=order),
            **deep_tiff(f"gray-16-signed-{end}.tif", deep(1, 32767), 16, order=order, format=2),
            **deep_tiff(f"gray-32-{end}.tif", deep(1), 32, order=order),
            **deep_tiff(f"gray-32-signed-{end}.tif", deep(1, 4095), 32, order=order, format=2),
            **deep_tiff(f"float-0-1-{end}.tif", deep(1) / 65535, 32, order=order, format=3),
            **deep_tiff(f"float-0-65535-{end}.tif", deep(1) * 1.0, 32, order=order, format=3),
            **deep_tiff(f"float-white-{end}.tif", deep(1) / 65535, 32, True, order=order, format=3),
            **deep_tiff(f"double-0-4095-{end}.tif", deep(1, 4095) * 1.0, 64, order=order, format=3),
            # Of at most 255, as Pillow reads them.
            f"gray-8-in-16-{end}.tif": raw.tiff_of(deep(1, 255), 16, 1, order),
            f"float-0-255-{end}.tif": raw.tiff_of(deep(1, 255), 32, 1, order, format=3),
            f"gray-8-in-32-{end}.tif": raw.tiff_of(deep(1, 255), 32, 1, order, format=2),
        }
    lab = np.asarray(color.convert("LAB"))
    RULED["lab.tif"] = "CIELAB", lab_colors(lab)
    files["lab.tif"] = raw.tiff_of(lab, 8, 8)
    colors = np.frombuffer(palette(16), np.uint8).reshape(16, 3)
    RULED["old-palette.tif"] = "palettes of 8 bits", colors[indices(4)]
    files["old-palette.tif"] = raw.tiff_of(
        indices(4)[..., None], 4, 3, more={320: [palette(16)[3 * i + k] for k in range(3) for i in range(16)]})
    # Old-style JPEG: a whole JPEG file within, which two tags point to.
    jpeg_file = saved(color, "JPEG", quality=90, subsampling="4:2:0")
    files["old-jpeg.tif"] = raw.tiff({
        256: WIDTH, 257: HEIGHT, 258: [8, 8, 8], 259: 6, 262: 6, 277: 3, 278: HEIGHT, 284: 1, 513: ("I", 8),
        514: ("I", len(jpeg_file)), 530: [2, 2]}, [jpeg_file])
    # Uncompressed, colours of 2 x 2 pixels kept once.
    y, cb, cr = (np.asarray(band) for band in color.convert("YCbCr").split())
    blocks = b"".join(
        bytes([y[r, c], y[r, c + 1], y[r + 1, c], y[r + 1, c + 1], cb[r, c], cr[r, c]])
        for r in range(0, HEIGHT, 2) for c in range(0, WIDTH, 2))
    files["ycbcr-2x2-deflate.tif"] = raw.tiff({
        256: WIDTH, 257: HEIGHT, 258: [8, 8, 8], 259: 8, 262: 6, 277: 3, 278: HEIGHT, 284: 1, 530: [2, 2]},
        [zlib.compress(blocks)])
    for orientation in range(1, 9):
        more = dict(orientation=orientation)
        files |= {
            f"rgb-{orientation}.tif": raw.tiff_of(rgb, **more),
            f"rgb-deflate-{orientation}.tif": raw.tiff_of(rgb, compress=zlib.compress, compression=8, **more),
            f"gray-tiles-{orientation}.tif": raw.tiff_of(indices(8)[..., None], 8, 1, tile=(16, 16), **more),
            f"bilevel-{orientation}.tif": raw.tiff_of(indices(1)[..., None], 1, 0, **more),
            **deep_tiff(f"gray-16-{orientation}.tif", deep(1), 16, **more),
            f"ycbcr-2x2-{orientation}.tif": saved(
                color, "TIFF", compression="jpeg", quality=90, tiffinfo={274: orientation}),
        }
    return files


def lab_colors(lab):
    """CIELAB (L of 0 to 255, a and b signed, white D50) in sRGB, by the formulas of CIE 15 and IEC 61966-2-1."""
    lightness = (lab[..., 0].astype(float) * 100 / 255 + 16) / 116
    a, b = (lab[..., k].astype(np.int8).astype(float) for k in (1, 2))
    cubed = [np.where(v > 6 / 29, v**3, (v - 4 / 29) * 108 / 841)
             for v in (lightness + a / 500, lightness, lightness - b / 200)]
    light = np.stack(cubed, -1) * [0.9642, 1, 0.8249] @ np.array([
        [3.1338561, -0.9787684, 0.0719453], [-1.6168667, 1.9161415, -0.2289914], [-0.4906146, 0.0334540, 1.4052427]])
    light = np.clip(light, 0, 1)
    level = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.floor(level * 255 + 0.5).astype(np.uint8)


def ppm():
    gray, rgb = indices(8), ROUGH[..., :3]
    size = b"%d %d\n" % (WIDTH, HEIGHT)

    def text(values):
        return b"\n".join(b" ".join(b"%d" % v for v in row.ravel()) for row in values)

    for most in (4095, 65535):
        RULED[f"p5-{most}.pgm"] = DEEP, np.rint(deep(1, most)[..., 0] / most * 255).astype(np.uint8)
    return {
        "p1.pbm": b"P1\n# a comment\n" + size + text(indices(1)) + b"\n",
        "p1-dense.pbm": b"P1 " + size + b"".join(b"%d" % v for v in indices(1).ravel()),
        "p2.pgm": b"P2\n" + size + b"255\n" + text(gray), "p2-15.pgm": b"P2\n" + size + b"15\n" + text(indices(4)),
        "p3.ppm": b"P3\n" + size + b"255 # most\n" + text(rgb) + b"\n",
        "p4.pbm": b"P4\n" + size + raw.packed(indices(1), 1).tobytes(),
        "p5.pgm": b"P5\n" + size + b"255\n" + gray.tobytes(), "p5-100.pgm": b"P5 " + size + b"100\n" + (gray % 101).tobytes(),
        "p6.ppm": b"P6\n#\n" + size + b"255\n" + rgb.tobytes(),
        "p6-31.ppm": b"P6\n" + size + b"31\n" + (rgb >> 3).tobytes(),
        "p6-1000.ppm": b"P6\n" + size + b"1000\n" + deep(3, 1000).astype(">u2").tobytes(),
        "p5-65535.pgm": b"P5\n" + size + b"65535\n" + deep(1).astype(">u2").tobytes(),
        "p5-4095.pgm": b"P5\n" + size + b"4095\n" + deep(1, 4095).astype(">u2").tobytes(),
    }


def timeless(data):
    """A sequence without the times when it was made, so that it is the same file each time."""
    data = bytearray(data)
    for kind in (b"mvhd", b"tkhd", b"mdhd"):
        place = data.index(kind) + 8
        data[place:place + 16] = bytes(16)
    return bytes(data)


def heic():
    color, rough = Image.fromarray(COLOR), Image.fromarray(ROUGH)
    files = {
        "gray.heic": saved(color.convert("L"), "HEIF", quality=90), "rgba.heic": saved(rough, "HEIF", quality=90),
        "444.heic": saved(color, "HEIF", quality=90, chroma=444), "422.heic": saved(color, "HEIF", quality=90, chroma=422),
        "420.heic": saved(color, "HEIF", quality=90, chroma=420),
        "odd.heic": saved(color.crop((0, 0, 23, 15)), "HEIF", quality=90),
        "rough.heic": saved(Image.fromarray(ROUGH[..., :3]), "HEIF", quality=90),
        "two.heic": saved(color, "HEIF", quality=90, save_all=True, append_images=[color.rotate(180)]),
    }
    for orientation in range(1, 9):
        files[f"{orientation}.heic"] = saved(color, "HEIF", quality=90, exif=exif(orientation))
    tile = saved(Image.fromarray(soft(64, 64)), "HEIF", quality=60)
    files["grid.heic"] = raw.heif_grid(tile, 1, 2, (64, 64), (82, 42))
    file = io.BytesIO()
    pillow_heif.from_bytes("RGB;16", (WIDTH, HEIGHT), (COLOR.astype("<u2") * 257).tobytes()).save(file, quality=90)
    files["10-bit.heic"] = file.getvalue()
    return files


def avif():
    color, rough = Image.fromarray(COLOR), Image.fromarray(ROUGH)
    files = {
        "gray.avif": saved(color.convert("L"), "AVIF", quality=90), "rgba.avif": saved(rough, "AVIF", quality=90),
        **{f"{s.replace(':', '')}.avif": saved(color, "AVIF", quality=90, subsampling=s)
           for s in ("4:4:4", "4:2:2", "4:2:0")},
        "limited.avif": saved(color, "AVIF", quality=90, range="limited"),
        "multiplied.avif": saved(rough, "AVIF", quality=90, alpha_premultiplied=True),
        "sequence.avif": timeless(
            saved(color, "AVIF", quality=90, save_all=True, append_images=[color.rotate(180)])),
        "odd.avif": saved(color.crop((0, 0, 23, 15)), "AVIF", quality=90),
        "rough.avif": saved(Image.fromarray(ROUGH[..., :3]), "AVIF", quality=90),
    }
    files |= deep_avif.FILES
    for orientation in range(1, 9):
        files[f"{orientation}.avif"] = saved(color, "AVIF", quality=90, exif=exif(orientation))
    tile = saved(Image.fromarray(soft(64, 64)), "AVIF", quality=60)
    files["grid.avif"] = raw.heif_grid(tile, 1, 2, (64, 64), (82, 42))
    return files


def tiny():
    """One pixel, and sizes that end within a byte or a block."""
    files = {}
    for height, width in ((1, 1), (3, 5), (17, 9)):
        end = f"-{width}x{height}"
        values = formula(height, width, 4)
        image = Image.fromarray(values[..., :3])
        bits = {count: values[..., 0] >> (8 - count) for count in (1, 2, 4)}
        black_white = bytes([0, 0, 0, 0, 255, 255, 255, 0])
        for count in (1, 2, 4):
            files[f"gray-{count}{end}.png"] = raw.png(bits[count][..., None], count, 0)
            files[f"gray-{count}{end}-interlaced.png"] = raw.png(bits[count][..., None], count, 0, interlaced=True)
            files[f"gray-{count}{end}.tif"] = raw.tiff_of(bits[count][..., None], count, 1)
            files[f"gray-{count}-tiles{end}.tif"] = raw.tiff_of(bits[count][..., None], count, 1, tile=(16, 16))
        files |= {
            f"rgb{end}.jpg": saved(image, "JPEG", quality=90), f"rgb{end}.png": saved(image, "PNG"),
            f"palette{end}.gif": gif_file(width, height, [(0, 0, bits[4], None, None, height > 8)], palette(16)),
            f"lossy{end}.webp": saved(image, "WEBP"), f"lossless{end}.webp": saved(image, "WEBP", lossless=True),
            f"rgb{end}.bmp": saved(image, "BMP"),
            f"1{end}.bmp": raw.bmp(raw.bmp_rows(bits[1], 1), width, height, 1, palette=black_white),
            f"4{end}.bmp": raw.bmp(raw.bmp_rows(bits[4], 4), width, height, 4, palette=palette(16, (2, 1, 0), 4)),
            f"rgb{end}.tif": saved(image, "TIFF"), f"jpeg{end}.tif": saved(image, "TIFF", compression="jpeg"),
            f"p4{end}.pbm": b"P4 %d %d\n" % (width, height) + raw.packed(bits[1], 1).tobytes(),
            f"rgb{end}.heic": saved(image, "HEIF", quality=90), f"rgb{end}.avif": saved(image, "AVIF", quality=90),
        }
    return files


def bent():
    """Against the rules of their formats, and read all the same."""
    gray, rgb = ROUGH[..., 0], ROUGH[:, :23, :3]
    tags = {256: WIDTH, 257: HEIGHT, 258: [8, 8], 259: 8, 262: 1, 277: 2, 278: HEIGHT, 284: 2, 338: 0}
    stated = struct.pack("<HHII", 279, 4, 1, rgb.size)
    whole = raw.tiff_of(rgb, rows_per_strip=HEIGHT)
    assert whole.count(stated) == 1
    return {
        "empty-second-plane.tif": raw.tiff(tags, [zlib.compress(gray.tobytes()), b""]),
        "strip-larger-than-file.tif": whole.replace(stated, struct.pack("<HHII", 279, 4, 1, 35_711_440)),
        "24-last-row-not-padded.bmp": raw.bmp(raw.bmp_rows(rgb[..., ::-1], 24), 23, HEIGHT, 24)[:-3],
        "8-last-row-not-padded.bmp": raw.bmp(
            raw.bmp_rows(gray[:, :23], 8), 23, HEIGHT, 8, palette=palette(256, (2, 1, 0), 4))[:-1],
    }


def photos():
    """Name -> bytes of every file of the grid."""
    files = {}
    for kind in (jpeg, png, gif, webp, bmp, tiff, ppm, heic, avif, tiny, bent):
        for name, data in kind().items():
            assert name not in files, name
            files[name] = data
    return files


TURNS = {2: Image.FLIP_LEFT_RIGHT, 3: Image.ROTATE_180, 4: Image.FLIP_TOP_BOTTOM, 5: Image.TRANSPOSE,
         6: Image.ROTATE_270, 7: Image.TRANSVERSE, 8: Image.ROTATE_90}


def pixels(name, data):
    """What is to be read: RGB pixels, the rule if they aren't Pillow's, and how far a decoder may be away."""
    if name in RULED:
        rule, values = RULED[name]
        image = Image.fromarray(values)
        turn = name.removesuffix(".tif")
        if turn.startswith("gray-16-") and turn[8:] in "2345678":
            image = image.transpose(TURNS[int(turn[8:])])
        return np.asarray(image.convert("RGB")), rule, 0
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    rgb = np.asarray(image.convert("RGB"))
    if name in deep_avif.FILES and "-bit" in name:
        return rgb, "AVIF of 10 and 12 bits", 3
    return rgb, None, 2 if name.endswith((".avif", ".heic")) else 0


def main():
    folder = Path(sys.argv[1])
    rows, lines = [], []
    for name, data in photos().items():
        rgb, rule, within = pixels(name, data)
        image = Image.fromarray(rgb)
        row = {"file": name, "height": rgb.shape[0], "width": rgb.shape[1], "rgb": fnv(rgb.tobytes()),
               "gray": fnv(np.asarray(image.convert("L")).tobytes())}
        if rule:
            row["rule"] = rule
        if within:
            row["within"], row["pixels"] = within, base64.b64encode(rgb.tobytes()).decode()
        rows.append(row)
        lines.append(f"{name} {base64.b64encode(data).decode()}\n")
    # Of a size that its codec contradicts; decoders differ in what they make of it.
    data = bytearray(saved(Image.new("RGB", (512, 512), (200, 90, 40)), "HEIF", quality=20))
    place = data.index(b"ispe") + 8
    data[place:place + 8] = struct.pack(">II", 16, 16)
    lines.append(f"lying.heic {base64.b64encode(data).decode()}\n")
    (folder / "grid.json").write_text("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")
    (folder / "grid-files.txt").write_text("".join(lines))
    print(f"{len(rows)} files")


if __name__ == "__main__":
    main()
