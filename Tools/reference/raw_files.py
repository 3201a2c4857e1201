"""Photo files put together byte by byte, of kinds that Pillow reads and doesn't write."""

import struct
import zlib

import numpy as np


def packed(values, bits):
    """Rows of numbers of some bits each, without gaps, every row padded to a byte."""
    rows = values.reshape(values.shape[0], -1).astype(np.int64)
    spread = (rows[..., None] >> np.arange(bits - 1, -1, -1)) & 1
    return np.packbits(spread.reshape(rows.shape[0], -1).astype(np.uint8), axis=1)


# PNG

ADAM7 = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]


def png_chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(values, bits, color_type, before=b"", after=b"", interlaced=False, end=png_chunk(b"IEND", b"")):
    """Values of [height, width, channels]."""
    height, width = values.shape[:2]

    def lines(part):
        rows = part.reshape(part.shape[0], -1)
        data = rows.astype(">u2").tobytes() if bits == 16 else packed(rows, bits).tobytes()
        size = len(data) // len(rows)
        return b"".join(b"\0" + data[i * size:(i + 1) * size] for i in range(len(rows)))

    parts = [values[y::dy, x::dx] for y, x, dy, dx in ADAM7] if interlaced else [values]
    raw = b"".join(lines(part) for part in parts if part.size)
    header = struct.pack(">IIBBBBB", width, height, bits, color_type, 0, 0, int(interlaced))
    return (
        b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + before + png_chunk(b"IDAT", zlib.compress(raw, 9)) + after
        + end)


# BMP

def bmp(data, width, height, bits, header=40, compression=0, palette=b"", colors=0, masks=(), offset=None):
    """A bitmap with a header of a size; a negative height means rows from the top."""
    if header == 12:
        info = struct.pack("<IHHHH", 12, width, height, 1, bits)
    else:
        info = struct.pack(
            "<IiiHHIIiiII", 40, width, height, 1, bits, compression, len(data), 2835, 2835, colors, 0)
        info = struct.pack("<I", header) + info[4:]
        if header >= 52:
            info += struct.pack("<4I", *(tuple(masks) + (0, 0, 0, 0))[:4])
        info = info[:header].ljust(header, b"\0")
    if header == 40 and compression == 3:
        info += struct.pack("<3I", *masks[:3])
    start = 14 + len(info) + len(palette) if offset is None else offset
    return b"BM" + struct.pack("<IHHI", start + len(data), 0, 0, start) + info + palette + data


def bmp_rows(values, bits, top_down=False):
    """Rows of indices or of pixels, each padded to four bytes."""
    rows = values if top_down else values[::-1]
    if bits < 8:
        rows = packed(rows, bits)
    elif bits in (16, 32):
        rows = rows.astype(f"<u{bits // 8}").view(np.uint8)
    rows = rows.reshape(len(values), -1)
    return np.pad(rows, ((0, 0), (0, -rows.shape[1] % 4))).astype(np.uint8).tobytes()


# TIFF

TYPES = {"B": 1, "H": 3, "I": 4, "Q": 16}


def tiff(tags, chunks, order="<", big=False, orientation=None):
    """One page: tags {number: value or list}, and the bytes of its strips (tags 273, 279) or tiles (324, 325)."""
    tags = dict(tags)
    if orientation is not None:
        tags[274] = orientation
    tiled = 322 in tags
    pointer = "Q" if big else "I"
    start = 16 if big else 8
    offsets, body = [], b""
    for chunk in chunks:
        offsets.append(start + len(body))
        body += chunk + b"\0" * (len(chunk) % 2)
    tags[324 if tiled else 273] = ("I", offsets)
    tags[325 if tiled else 279] = ("I", [len(chunk) for chunk in chunks])
    directory = start + len(body)
    entries, extra = b"", b""
    inline = 8 if big else 4
    size = (8 if big else 2) + len(tags) * (20 if big else 12) + (8 if big else 4)
    for number in sorted(tags):
        value = tags[number]
        kind, values = value if isinstance(value, tuple) else ("H" if number not in (256, 257) else "I", value)
        if isinstance(values, bytes):
            kind_number, data, count = 7, values, len(values)
        else:
            values = values if isinstance(values, list) else [values]
            kind_number, count = TYPES[kind], len(values)
            data = struct.pack(f"{order}{count}{kind}", *values)
        if len(data) <= inline:
            place = data.ljust(inline, b"\0")
        else:
            place = struct.pack(order + pointer, directory + size + len(extra))
            extra += data + b"\0" * (len(data) % 2)
        entries += struct.pack(order + "HH" + pointer, number, kind_number, count) + place
    mark = b"II" if order == "<" else b"MM"
    header = mark + (
        struct.pack(order + "HHHQ", 43, 8, 0, directory) if big else struct.pack(order + "HI", 42, directory))
    count = struct.pack(order + ("Q" if big else "H"), len(tags))
    return header + body + count + entries + struct.pack(order + pointer, 0) + extra


def tiff_of(values, bits=8, photometric=2, order="<", tile=None, planar=False, rows_per_strip=5, fill=1, format=None,
            extras=None, compress=None, compression=1, more=None, **options):
    """A page of values [height, width, channels], uncompressed unless `compress` says how."""
    height, width, channels = values.shape
    tags = {
        256: width, 257: height, 258: [bits] * channels, 259: compression, 262: photometric, 277: channels,
        284: 2 if planar else 1, **({266: fill} if fill != 1 else {}), **({339: [format] * channels} if format else {}),
        **({338: extras} if extras is not None else {}), **(more or {})}

    def data(part):
        if bits >= 16:
            kind = {3: "f", 2: "i"}.get(format, "u")
            raw = part.astype(f"{order}{kind}{bits // 8}").tobytes()
        else:
            raw = packed(part, bits).tobytes()
        if fill == 2:
            raw = bytes(int(f"{byte:08b}"[::-1], 2) for byte in raw)
        return compress(raw) if compress else raw

    parts = [values[..., channel:channel + 1] for channel in range(channels)] if planar else [values]
    chunks = []
    for part in parts:
        if tile:
            for top in range(0, height, tile[0]):
                for left in range(0, width, tile[1]):
                    piece = part[top:top + tile[0], left:left + tile[1]]
                    room = ((0, tile[0] - piece.shape[0]), (0, tile[1] - piece.shape[1]), (0, 0))
                    chunks.append(data(np.pad(piece, room)))
        else:
            chunks += [data(part[top:top + rows_per_strip]) for top in range(0, height, rows_per_strip)]
    tags.update({322: tile[1], 323: tile[0]} if tile else {278: rows_per_strip})
    return tiff(tags, chunks, order, **options)


# WebP

def webp_chunk(kind, data):
    return kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def webp_chunks(data):
    position, result = 12, []
    while position < len(data):
        size = struct.unpack_from("<I", data, position + 4)[0]
        result.append((data[position:position + 4], data[position + 8:position + 8 + size]))
        position += 8 + size + size % 2
    return result


def webp(chunks):
    body = b"WEBP" + b"".join(webp_chunk(*chunk) for chunk in chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def animated_webp(canvas, frames):
    """Frames (left, top, width, height, the chunk of a still file) on a canvas (width, height); even positions."""

    def three(number):
        return struct.pack("<I", number)[:3]

    chunks = [(b"VP8X", bytes([0x12, 0, 0, 0]) + three(canvas[0] - 1) + three(canvas[1] - 1)),
              (b"ANIM", bytes([9, 8, 7, 255, 0, 0]))]
    for left, top, width, height, chunk in frames:
        place = three(left // 2) + three(top // 2) + three(width - 1) + three(height - 1) + three(100)
        chunks.append((b"ANMF", place + b"\0" + webp_chunk(*chunk)))
    return webp(chunks)


# HEIC and AVIF

def box(kind, *contents):
    data = b"".join(contents)
    return struct.pack(">I", 8 + len(data)) + kind + data


def boxes(data):
    """The boxes of some bytes: [(kind, contents)]."""
    position, result = 0, []
    while position + 8 <= len(data):
        size = struct.unpack_from(">I", data, position)[0] or len(data) - position
        result.append((data[position + 4:position + 8], data[position + 8:position + size]))
        position += size
    return result


def heif_grid(single, rows, columns, tile, size):
    """A picture of equal tiles, each the first picture of a file (whose size is `tile`); sizes are (width, height)."""
    top = dict(boxes(single))
    meta = dict(boxes(top[b"meta"][4:]))
    properties = boxes(dict(boxes(meta[b"iprp"]))[b"ipco"])
    kind = b"av01" if any(name == b"av1C" for name, _ in properties) else b"hvc1"
    settings = next(box(name, data) for name, data in properties if name in (b"av1C", b"hvcC"))
    coded = single[slice(*first_extent(meta[b"iloc"]))]
    count = rows * columns
    items = [(index + 1, kind) for index in range(count)] + [(count + 1, b"grid")]
    grid = struct.pack(">BBBBHH", 0, 0, rows - 1, columns - 1, *size)

    def ispe(width, height):
        return box(b"ispe", struct.pack(">III", 0, width, height))

    infe = b"".join(
        box(b"infe", struct.pack(">IHH", 2 << 24 | (name == kind), number, 0), name, b"\0") for number, name in items)
    pixi = box(b"pixi", bytes([0, 0, 0, 0, 3, 8, 8, 8]))
    ipco = box(b"ipco", settings, ispe(*tile), pixi, ispe(*size))
    links = [bytes([0x81, 2, 3]) if name == kind else bytes([4, 3]) for _, name in items]
    ipma = box(b"ipma", struct.pack(">II", 0, len(items)), b"".join(
        struct.pack(">HB", number, len(link)) + link for (number, _), link in zip(items, links)))
    iref = box(b"iref", struct.pack(">I", 0), box(
        b"dimg", struct.pack(">HH", count + 1, count), struct.pack(f">{count}H", *range(1, count + 1))))
    handler = box(b"hdlr", struct.pack(">II", 0, 0), b"pict", bytes(13))

    def before_data(start):
        extents = [(number, start, len(coded)) for number in range(1, count + 1)]
        extents.append((count + 1, start + len(coded), len(grid)))
        iloc = box(b"iloc", struct.pack(">IBBH", 0, 0x44, 0, len(extents)), b"".join(
            struct.pack(">HHHII", number, 0, 1, offset, length) for number, offset, length in extents))
        return box(b"ftyp", top[b"ftyp"]) + box(
            b"meta", struct.pack(">I", 0), handler, box(b"pitm", struct.pack(">IH", 0, count + 1)), iloc,
            box(b"iinf", struct.pack(">IH", 0, len(items)), infe), iref, box(b"iprp", ipco, ipma))

    return before_data(len(before_data(0)) + 8) + box(b"mdat", coded, grid)


def first_extent(iloc):
    """Where the first extent of the first item of a location box lies."""
    version, sizes, base_size = iloc[0], iloc[4], iloc[5] >> 4
    position = 8 + (4 if version == 1 else 2) + 2  # the item, how its offset counts, its data reference

    def number(size):
        nonlocal position
        position += size
        return int.from_bytes(iloc[position - size:position], "big")

    base = number(base_size)
    position += 2
    offset = base + number(sizes >> 4)
    return offset, offset + number(sizes & 15)
