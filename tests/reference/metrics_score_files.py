"""Score files as h5py writes them, for tests/score_file_test.ts.

usage: metrics_score_files.py FOLDER
"""

import sys
from pathlib import Path

import h5py
import numpy as np

folder = Path(sys.argv[1])

SCORES = [0.25, 0.75, 0.5, 1.0]
LABELS = [0, 1, 0, 1]

with h5py.File(folder / "h5py_names.h5", "w") as file:
    file["score"] = np.array(SCORES, ">f4")
    file["label"] = np.array(LABELS, "i8")
    file["image"] = ["print/a.jpg", "real/ä.jpg", "", "real/照.jpg"]
    file["subject"] = np.array([7, 7, 8, 9], "u2")
    file["video"] = np.array(["v1", "v2", "v3", "v4"], "S")
    file["attack"] = np.array([s.encode() for s in ["phöto", "", "video", ""]], "S8")

# The published code stacks one row of scores and one column of labels a batch.
with h5py.File(folder / "h5py_batches.h5", "w") as file:
    file["score"] = np.array(SCORES, "f4").reshape(2, 2)
    file["label"] = np.array(LABELS, "f8").reshape(2, 2, 1)

# A last batch that is shorter than the others.
with h5py.File(folder / "h5py_ragged.h5", "w") as file:
    score = file.create_dataset("score", (2,), h5py.vlen_dtype("f4"))
    score[0], score[1] = SCORES[:3], SCORES[3:]
    file.create_dataset("label", data=np.array(LABELS)[:, None], chunks=(2, 1), compression="gzip")
