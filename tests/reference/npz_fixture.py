#!/usr/bin/python3
"""Writes the .npz fixtures of tests/npz_test.ts with NumPy: the same arrays in four kinds of zip.

usage: npz_fixture.py FOLDER
"""

import io
import sys
import zipfile
from pathlib import Path

import numpy as np

ARRAYS = {
    "net/f4": np.arange(6, dtype="<f4").reshape(2, 3) / 3,
    "net/f8": np.arange(4, dtype="<f8") / 7,
    "i4": np.array([[-1], [2**31 - 1]], "<i4"),
    "i8": np.array([-(2**62), 5], "<i8"),
    "u1": np.arange(256, dtype="u1").reshape(4, 4, 16),
    "b1": np.array([True, False, True]),
    "zero-d": np.array(1e-3),
    "empty": np.zeros((0, 3), "<f4"),
    "fortran": np.asfortranarray(np.arange(24, dtype="<f8").reshape(2, 3, 4)),
}


class Pipe(io.RawIOBase):
    """A file that cannot seek: sizes and checksums then come after an entry's bytes."""

    def __init__(self):
        self.bytes = b""

    def writable(self):
        return True

    def write(self, piece):
        self.bytes += bytes(piece)
        return len(piece)


def main(folder: Path):
    np.savez(folder / "stored.npz", **ARRAYS)
    np.savez_compressed(folder / "deflated.npz", **ARRAYS)

    pipe = Pipe()
    np.savez_compressed(pipe, **ARRAYS)
    (folder / "streamed.npz").write_bytes(pipe.bytes)

    zipfile.ZIP64_LIMIT = 16
    zipfile.ZIP_FILECOUNT_LIMIT = 2
    np.savez(folder / "zip64.npz", **ARRAYS)

    for name, array in {
        "big-endian": np.zeros(2, ">f4"),
        "objects": np.array([{"a": 1}], dtype=object),
        "records": np.zeros(2, [("x", "<f4")]),
    }.items():
        np.save(folder / f"{name}.npy", array, allow_pickle=True)


main(Path(sys.argv[1]))
