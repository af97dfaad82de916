"""Small JPEG, PNG and BMP files of every kind that is read, with the SHA-256 of the RGB bytes that
Pillow makes of each, for tests/image_decode_test.ts.

    /usr/bin/python3 tests/reference/image_files.py > tests/fixtures/image/files.json

PNG and BMP files are put together by hand, since Pillow cannot write most kinds.
"""
import base64
import hashlib
import io
import json
import struct
import warnings
import zlib

import numpy as np
import PIL
from PIL import Image

warnings.simplefilter("ignore")
random = np.random.RandomState(5)
files = []


def add(name, data):
    image = Image.open(io.BytesIO(data))
    rgb = image.convert("RGB")
    files.append({
        "name": name, "mode": image.mode, "width": rgb.width, "height": rgb.height,
        "sha256": hashlib.sha256(rgb.tobytes()).hexdigest(),
        "base64": base64.b64encode(data).decode(),
    })


# ---------------------------------------------------------------- JPEG

def scene(width, height):
    y, x = np.mgrid[0:height, 0:width]
    channels = [127 + 120 * np.sin(x / 9 + y / 17), 127 + 120 * np.cos(x / 13 - y / 5), x * 7 + y * 3]
    noisy = np.stack(channels, -1) % 256 + random.randn(height, width, 3) * 12
    return Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))


def jpeg(image, **options):
    out = io.BytesIO()
    image.save(out, "JPEG", **options)
    return out.getvalue()


def frame_header(data):
    offset = 2
    while data[offset + 1] not in (0xC0, 0xC2):
        offset += 2 + int.from_bytes(data[offset + 2:offset + 4], "big")
    return offset


def with_luma_sampling(data, factors):
    """The same blocks under other sampling factors: a scrambled picture, but a valid one."""
    data = bytearray(data)
    data[frame_header(data) + 11] = factors
    return bytes(data)


def as_rgb_components(data):
    """Without its JFIF segment and with components named R, G, B, the data mean RGB."""
    data = bytearray(data)
    frame = frame_header(data)
    scan = data.index(b"\xff\xda", frame)
    for component, name in enumerate(b"RGB"):
        data[frame + 10 + 3 * component] = name
        data[scan + 5 + 2 * component] = name
    jfif_end = 4 + int.from_bytes(data[4:6], "big")
    return bytes(data[:2] + data[jfif_end:])


SUBSAMPLING = {0: "4:4:4", 1: "4:2:2", 2: "4:2:0"}
for code, sampling in SUBSAMPLING.items():
    for progressive in (False, True):
        kind = "progressive" if progressive else "baseline"
        data = jpeg(scene(33, 47), quality=75, subsampling=code, progressive=progressive)
        add(f"{kind} {sampling} JPEG", data)
add("baseline 4:1:1 JPEG",
    with_luma_sampling(jpeg(scene(64, 32), quality=60, subsampling=2), 0x41))
add("JPEG with luma at four times the height",
    with_luma_sampling(jpeg(scene(32, 64), quality=60, subsampling=2), 0x14))
add("baseline grey JPEG", jpeg(scene(33, 47).convert("L"), quality=75))
add("progressive grey JPEG", jpeg(scene(33, 47).convert("L"), quality=75, progressive=True))
add("coarse JPEG", jpeg(scene(40, 30), quality=10))
add("fine JPEG", jpeg(scene(20, 30), quality=100, subsampling=0))
add("JPEG of one pixel", jpeg(scene(1, 1)))
add("JPEG smaller than a block", jpeg(scene(7, 5), quality=90))
hard = np.kron(random.choice([0, 255], (10, 13, 3)), np.ones((3, 2, 1)))
add("JPEG of hard edges", jpeg(Image.fromarray(hard.astype(np.uint8)), quality=20))
add("RGB JPEG", as_rgb_components(jpeg(scene(20, 15), quality=90, subsampling=0)))
rotated = Image.Exif()
rotated[0x0112] = 6
add("JPEG that EXIF calls rotated", jpeg(scene(20, 15), quality=80, exif=rotated))
add("JPEG with bytes after its end", jpeg(scene(20, 15), quality=80) + b"after the end" * 9)
add("JPEG with stray zeros before its end",
    jpeg(scene(20, 15), quality=80)[:-2] + bytes(50) + b"\xff\xd9")

# ---------------------------------------------------------------- PNG

CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
DEPTHS = {0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16]}
KINDS = {0: "grey", 2: "RGB", 3: "palette", 4: "grey and alpha", 6: "RGB and alpha"}
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def packed(samples, depth):
    bits = "".join(format(int(s), f"0{depth}b") for s in samples)
    bits += "0" * (-len(bits) % 8)
    return [int(bits[i:i + 8], 2) for i in range(0, len(bits), 8)]


def predicted(filter_type, left, up, up_left):
    estimate = left + up - up_left
    nearest = min((left, up, up_left), key=lambda v: abs(estimate - v))  # the first on ties
    return [0, left, up, (left + up) // 2, nearest][filter_type]


def filtered(rows, distance):
    out, above = bytearray(), [0] * len(rows[0])
    for y, row in enumerate(rows):
        filter_type = y % 5
        out.append(filter_type)
        for i, value in enumerate(row):
            left, up_left = (row[i - distance], above[i - distance]) if i >= distance else (0, 0)
            out.append((value - predicted(filter_type, left, above[i], up_left)) & 255)
        above = row
    return bytes(out)


def png(width, height, depth, colour_type, interlaced):
    channels = CHANNELS[colour_type]
    pixels = random.randint(0, 1 << depth, (height, width, channels))
    if colour_type == 0 and depth == 16:
        pixels[::2] %= 400  # around the 255 at which Pillow clips
    raw = b""
    for x, y, dx, dy in ADAM7 if interlaced else [(0, 0, 1, 1)]:
        part = pixels[y::dy, x::dx]
        if part.size:
            rows = [packed(row.reshape(-1), depth) for row in part]
            raw += filtered(rows, max(1, depth * channels // 8))
    extra = b""
    if colour_type == 3:
        palette = random.randint(0, 256, 3 << depth).astype(np.uint8).tobytes()
        extra = chunk(b"PLTE", palette) + (chunk(b"tRNS", palette[:2]) if interlaced else b"")
    elif interlaced and channels in (1, 3):
        extra = chunk(b"tRNS", bytes(2 * channels))
    deflated = zlib.compress(raw)
    middle = len(deflated) // 2
    return (b"\x89PNG\r\n\x1a\n"
            + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, interlaced))
            + extra + chunk(b"IDAT", deflated[:middle]) + chunk(b"IDAT", deflated[middle:])
            + chunk(b"IEND", b""))


for colour_type, depths in DEPTHS.items():
    for depth in depths:
        for interlaced in (0, 1):
            kind = "interlaced " if interlaced else ""
            add(f"{kind}{depth}-bit {KINDS[colour_type]} PNG", png(11, 9, depth, colour_type, interlaced))
add("interlaced PNG of one pixel", png(1, 1, 8, 2, 1))
add("interlaced PNG of two columns", png(2, 9, 8, 2, 1))

# ---------------------------------------------------------------- BMP

RGB565 = struct.pack("<III", 0xF800, 0x07E0, 0x001F)
RGB555 = struct.pack("<III", 0x7C00, 0x03E0, 0x001F)
XRGB = struct.pack("<III", 0xFF0000, 0xFF00, 0xFF)
ARGB = XRGB + struct.pack("<I", 0xFF000000)


def noise(count, below=256):
    return random.randint(0, below, count).astype(np.uint8).tobytes()


def bmp(bits, colours=0, masks=b"", header=40, top_down=False, below=256):
    width, height, entry = 13, 6, 3 if header == 12 else 4
    row = (width * bits + 31) // 32 * 4
    pixels = noise(row * height, below)
    palette = noise((colours or 1 << bits) * entry) if bits <= 8 else b""
    if header == 12:
        info = struct.pack("<IHHHH", 12, width, height, 1, bits)
    else:
        signed_height = -height if top_down else height
        info = struct.pack("<IiiHHIIiiII", header, width, signed_height, 1, bits,
                           3 if masks else 0, len(pixels), 0, 0, colours, 0)
        info += (masks + bytes(header - 40 - len(masks))) if header > 40 else masks
    offset = 14 + len(info) + len(palette)
    return b"BM" + struct.pack("<IHHI", offset + len(pixels), 0, 0, offset) + info + palette + pixels


for bits in (1, 4, 8, 16, 24, 32):
    add(f"{bits}-bit BMP", bmp(bits))
    add(f"{bits}-bit BMP from the top down", bmp(bits, top_down=True))
add("8-bit BMP of 20 colours", bmp(8, colours=20, below=20))
add("16-bit BMP with 5, 6 and 5 bits", bmp(16, masks=RGB565))
add("16-bit BMP with 5, 5 and 5 bits by masks", bmp(16, masks=RGB555))
add("32-bit BMP with masks", bmp(32, masks=XRGB))
add("32-bit BMP with alpha, version 4", bmp(32, masks=ARGB, header=108))
add("32-bit BMP with alpha, version 5", bmp(32, masks=ARGB, header=124))
add("24-bit BMP, version 5", bmp(24, header=124))
add("24-bit OS/2 BMP", bmp(24, header=12))
add("8-bit OS/2 BMP", bmp(8, header=12))
add("24-bit BMP without the last row's padding", bmp(24)[:-1])

print(json.dumps({"pillow": PIL.__version__, "files": files}, indent=2))
