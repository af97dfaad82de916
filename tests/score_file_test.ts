import {
  deepEqual,
  equal,
  match,
  notDeepEqual,
  notEqual,
  rejects,
  throws,
} from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { parseCsv } from "../data/csv.ts";
import { readScoreFile, scoreTableFromRecords, writeScoreFile } from "../eval/mod.ts";

const TABLE = {
  score: [0.25, 0.1, 1],
  label: [0, 1, 1],
  image: ["spoof/a.jpg", "live/ä 照.jpg", ""],
  attack: ["print", "", ""],
};

function fixture(name: string): Uint8Array {
  return Deno.readFileSync(new URL(`fixtures/eval/${name}`, import.meta.url));
}

/** The last place of some bytes in a file. */
function lastIndexOf(file: Uint8Array, bytes: string): number {
  return new TextDecoder("latin1").decode(file).lastIndexOf(bytes);
}

Deno.test("a score file keeps scores in float32, labels and every name", async () => {
  deepEqual(await readScoreFile(await writeScoreFile(TABLE), "t.h5"), {
    score: Float64Array.of(0.25, Math.fround(0.1), 1),
    label: Float64Array.of(0, 1, 1),
    image: TABLE.image,
    attack: TABLE.attack,
  });
});

Deno.test("a score file of no images is written and read", async () => {
  const bytes = await writeScoreFile({ score: [], label: [], image: [] });
  deepEqual(await readScoreFile(bytes, "t.h5"), {
    score: new Float64Array(0),
    label: new Float64Array(0),
    image: [],
  });
});

Deno.test("the same table gives the same bytes at any time, and the clock goes on", async () => {
  const clock = Date.now;
  try {
    Date.now = () => 1e12;
    const early = await writeScoreFile(TABLE);
    equal(Date.now(), 1e12);
    Date.now = () => 2e12;
    const late = await writeScoreFile(TABLE);
    equal(Date.now(), 2e12);
    deepEqual(early, late);
    notDeepEqual(early, await writeScoreFile({ ...TABLE, label: [1, 0, 1] }));
  } finally {
    Date.now = clock;
  }
});

Deno.test("a table that does not fit together is not written", async () => {
  const cases: [Partial<typeof TABLE>, string][] = [
    [{ label: [0, 1] }, "every column needs one value an image, got 3 of score and 2 of label"],
    [{ attack: [] }, "every column needs one value an image, got 3 of score and 0 of attack"],
    [{ score: [1, NaN, 1] }, "a score must be finite, got NaN at index 1 (live/ä 照.jpg)"],
    [{ label: [2, 0, 1] }, "a label must be 1 (live) or 0 (spoof), got 2 at index 0 (spoof/a.jpg)"],
  ];
  for (const [change, flaw] of cases) {
    await rejects(
      writeScoreFile({ ...TABLE, ...change }),
      new RangeError(`Cannot write a score file: ${flaw}`),
    );
  }
});

Deno.test("h5py's files are read: big-endian, byte strings, numbers as names", async () => {
  deepEqual(await readScoreFile(fixture("h5py_names.h5"), "t.h5"), {
    score: Float64Array.of(0.25, 0.75, 0.5, 1),
    label: Float64Array.of(0, 1, 0, 1),
    image: ["print/a.jpg", "real/ä.jpg", "", "real/照.jpg"],
    subject: ["7", "7", "8", "9"],
    video: ["v1", "v2", "v3", "v4"],
    attack: ["phöto", "", "video", ""],
  });
});

Deno.test("files of the published code are read, whole batches and ragged ones", async () => {
  const scores = {
    score: Float64Array.of(0.25, 0.75, 0.5, 1),
    label: Float64Array.of(0, 1, 0, 1),
  };
  deepEqual(await readScoreFile(fixture("h5py_batches.h5"), "t.h5"), scores);
  deepEqual(await readScoreFile(fixture("h5py_ragged.h5"), "t.h5"), scores);
});

Deno.test("a file cut short anywhere is refused by name, and the next one is read", async () => {
  const whole = await writeScoreFile(TABLE);
  for (let length = 0; length < whole.length; length += 131) {
    await rejects(
      readScoreFile(whole.subarray(0, length), "runs/t.h5"),
      /^Error: Cannot read runs\/t\.h5: it is not a sound HDF5 file: ./,
    );
  }
  equal((await readScoreFile(whole, "t.h5")).score.length, 3);
});

Deno.test("damage to HDF5's own structures is refused by name", async () => {
  for (const structure of ["HDF\r\n", "OHDR", "GCOL"]) {
    const bytes = await writeScoreFile(TABLE);
    const place = lastIndexOf(bytes, structure);
    notEqual(place, -1);
    bytes[place] ^= 0xFF;
    await rejects(readScoreFile(bytes, "t.h5"), /^Error: Cannot read t\.h5: it is not a sound/);
  }
});

Deno.test("a string heap in which HDF5 would walk on the spot for ever is refused", async () => {
  const flaws: [number, RegExp][] = [
    [0xF0, /a global heap has no size$/],
    [0xFFFF, /an object reaches beyond its global heap$/],
  ];
  for (const [size, flaw] of flaws) {
    const bytes = await writeScoreFile(TABLE);
    const firstSize = lastIndexOf(bytes, "GCOL") + 16 + 8;
    new DataView(bytes.buffer).setUint32(firstSize, size, true);
    await rejects(readScoreFile(bytes, "t.h5"), flaw);
  }
});

Deno.test("a sound HDF5 file of something else is refused by what it lacks", async () => {
  const { writeHdf5 } = await import("../eval/hdf5.ts");
  const score = Float32Array.of(0.5, 1);
  const cases: [Parameters<typeof writeHdf5>[0], string][] = [
    [{}, 'it needs a dataset "score" of numbers, got none'],
    [{ score }, 'it needs a dataset "label" of numbers, got none'],
    [{ score, label: ["live", "spoof"] }, 'it needs a dataset "label" of numbers, got text'],
    [
      { score, label: Int32Array.of(1) },
      "every column needs one value an image, got 2 of score and 1 of label",
    ],
    [
      { score, label: Int32Array.of(1, -1) },
      "a label must be 1 (live) or 0 (spoof), got -1 at index 1",
    ],
  ];
  for (const [columns, flaw] of cases) {
    const error = new Error(`Cannot read t.h5: ${flaw}`);
    await rejects(readScoreFile(await writeHdf5(columns), "t.h5"), error);
  }
});

Deno.test("a CSV table has its columns in any order and ignores others", () => {
  const text = 'video,score,image,label,note\r\nv1,5e-1,"a,""b"".jpg",1,x\r\n,-2,c.jpg,0,\r\n';
  deepEqual(scoreTableFromRecords(parseCsv(text, "t.csv"), "t.csv"), {
    label: [1, 0],
    score: [0.5, -2],
    image: ['a,"b".jpg', "c.jpg"],
    video: ["v1", ""],
  });
});

Deno.test("a wrong CSV table is refused by file, line and column", () => {
  const cases = [
    ["", "t.csv: it is empty"],
    ["score\n1\n", 't.csv line 1: the header must name the column "label" once, got score'],
    [
      "label,score,label\n",
      't.csv line 1: the header must name the column "label" once, got label,score,label',
    ],
    [
      "label,score\n1,0.5\n\n1,0.5,2\n",
      "t.csv line 4: it must have 2 fields as the header has, got 3",
    ],
    ["label,score\nlive,0.5\n", 't.csv line 2 column "label": it must be 1 (live) or 0 (spoof)'],
    ["label,score\n,0.5\n", 't.csv line 2 column "label": it must be 1 (live) or 0 (spoof)'],
    ["label,score\n1,\n", 't.csv line 2 column "score": it must be a finite number, got ""'],
    ["label,score\n1,nan\n", 't.csv line 2 column "score": it must be a finite number, got "nan"'],
    [
      "label,score\n1,Infinity\n",
      't.csv line 2 column "score": it must be a finite number, got "Infinity"',
    ],
  ];
  for (const [text, flaw] of cases) {
    throws(
      () => scoreTableFromRecords(parseCsv(text, "t.csv"), "t.csv"),
      (error) => error instanceof Error && error.message.startsWith(`Cannot read ${flaw}`),
    );
  }
});

async function metrics(...args: string[]) {
  const program = fileURLToPath(new URL("../eval/metrics.ts", import.meta.url));
  const command = new Deno.Command("deno", {
    args: ["run", "--no-prompt", "--allow-read", program, ...args],
  });
  const { code, stdout, stderr } = await command.output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

Deno.test("the metrics task prints the same of an HDF5 file and of its CSV", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const csv = `${folder}/scores.csv`;
    await Deno.writeTextFile(csv, "\uFEFFlabel,score\n0,0.25\n1,0.75\n0,0.5\n1,1\n");
    const h5 = fileURLToPath(new URL("fixtures/eval/h5py_batches.h5", import.meta.url));
    const { code, stdout, stderr } = await metrics("--json", h5, csv);
    deepEqual({ code, stderr }, { code: 0, stderr: "" });
    const figures = {
      auc: 1,
      eer: 0,
      hter: 0,
      far: 0,
      frr: 0,
      threshold: 0.625,
      threshold_policy: "target-eer",
      n_live: 2,
      n_spoof: 2,
    };
    deepEqual(stdout.trim().split("\n").map((line) => JSON.parse(line)), [
      { file: h5, ...figures },
      { file: csv, ...figures },
    ]);
    const fixed = await metrics(csv, "--threshold", "0.5");
    match(fixed.stdout, /^HTER +25\.00 % +FAR 50\.00 %, FRR 0\.00 %$/m);
    match(fixed.stdout, /^threshold +0\.5 +given beforehand \(fixed\)$/m);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("the metrics task says what is wrong with its command line or its file", async () => {
  deepEqual(await metrics("nowhere.h5"), {
    code: 1,
    stdout: "",
    stderr: "error: Cannot read nowhere.h5: there is no such file or folder\n",
  });
  equal((await metrics("scores.txt")).code, 2);
  equal((await metrics()).code, 2);
  const folder = await Deno.makeTempDir();
  try {
    const csv = `${folder}/live.csv`;
    await Deno.writeTextFile(csv, "label,score\n1,0.25\n");
    deepEqual(await metrics(csv), {
      code: 1,
      stdout: "",
      stderr: `error: Cannot measure ${csv}: Cannot compare live with spoof scores: ` +
        "both are needed, got 1 live and 0 spoof\n",
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
