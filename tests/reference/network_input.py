#!/usr/bin/python3
"""What Pillow and PyTorch make of an image and a depth map: fixtures of tests/batches_test.ts.

usage: network_input.py FOLDER

Writes face.jpg and depth.jpg, and network_input.json with the SHA-256 of the float32 input
[6, 16, 16] (RGB, then HSV, each ToTensor's uint8 / 255) and the depth target [1, 2, 2] itself.
"""

import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image

SIDE = 16


def to_tensor(image):
    planes = np.array(image).reshape(image.height, image.width, -1).transpose(2, 0, 1)
    return torch.from_numpy(planes.copy()).to(torch.float32).div(255)


def main(folder):
    random = np.random.RandomState(3)
    blocks = random.randint(0, 256, (6, 8, 3))
    noise = random.randint(-20, 21, (30, 40, 3))
    face = np.clip(np.kron(blocks, np.ones((5, 5, 1))) + noise, 0, 255).astype(np.uint8)
    Image.fromarray(face).save(folder / "face.jpg", quality=90)
    depth = np.add.outer(np.arange(24) * 4, np.arange(24) * 6).astype(np.uint8)
    Image.fromarray(depth).save(folder / "depth.jpg", quality=90)

    rgb = Image.open(folder / "face.jpg").convert("RGB").resize((SIDE, SIDE), Image.BICUBIC)
    image = torch.cat([to_tensor(rgb), to_tensor(rgb.convert("HSV"))])
    small = (SIDE // 8, SIDE // 8)
    target = to_tensor(Image.open(folder / "depth.jpg").convert("L").resize(small, Image.BICUBIC))
    report = {
        "image": hashlib.sha256(image.numpy().tobytes()).hexdigest(),
        "depth": target.flatten().tolist(),
    }
    (folder / "network_input.json").write_text(json.dumps(report, indent=2) + "\n")


main(Path(sys.argv[1]))
