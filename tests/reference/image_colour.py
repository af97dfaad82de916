"""What Pillow says of colours and of resizing: SHA-256 digests for tests/image_colour_test.ts and
tests/image_resize_test.ts.

    /usr/bin/python3 tests/reference/image_colour.py > tests/fixtures/image/colour.json

Pictures are noise from the 32-bit generator x <- 1664525 x + 1013904223 (its top byte), so that the
fixture needs no pictures.
"""
import hashlib
import json

import numpy as np
import PIL
from PIL import Image


def noise(count, seed):
    values, x = bytearray(count), seed
    for i in range(count):
        x = (1664525 * x + 1013904223) & 0xFFFFFFFF
        values[i] = x >> 24
    return bytes(values)


def digest(image):
    return hashlib.sha256(image.tobytes()).hexdigest()


def all_colours():
    """Red slowest, blue fastest: 4096 x 4096 pixels."""
    index = np.arange(1 << 24, dtype=np.uint32)
    rgb = np.stack([index >> 16, index >> 8 & 255, index & 255], -1).astype(np.uint8)
    return Image.fromarray(rgb.reshape(4096, 4096, 3))


SIZES = [
    (256, 256, 32, 32), (200, 150, 256, 256), (100, 75, 256, 256), (64, 64, 8, 8),
    (33, 47, 33, 20), (33, 47, 20, 47), (33, 47, 33, 47), (1, 1, 5, 7), (2, 3, 9, 1),
    (640, 3, 7, 3), (3, 640, 3, 7), (5, 5, 256, 1), (97, 61, 61, 97), (255, 257, 256, 256),
]

colours = all_colours()
resized = []
for seed, (width, height, new_width, new_height) in enumerate(SIZES):
    for mode, channels in (("RGB", 3), ("L", 1)):
        for extremes in (False, True):
            pixels = noise(width * height * channels, seed)
            if extremes:
                pixels = bytes(255 if p > 127 else 0 for p in pixels)
            image = Image.frombytes(mode, (width, height), pixels)
            small = image.resize((new_width, new_height), resample=Image.BICUBIC)
            resized.append({
                "seed": seed, "from": [width, height], "to": [new_width, new_height],
                "channels": channels, "extremes": extremes, "sha256": digest(small),
            })

print(json.dumps({
    "pillow": PIL.__version__,
    "allColoursHsv": digest(colours.convert("HSV")),
    "allColoursLuma": digest(colours.convert("L")),
    "resized": resized,
}, indent=2))
