/**
 * What the bench writes down: rows, kept runs and the tables made of them.
 */

import { deepEqual, equal, match, throws } from "node:assert/strict";
import { familiesOf, ratiosTo, shapeCount } from "../bench/families.ts";
import { markdownTable } from "../bench/markdown.ts";
import { Report } from "../bench/report.ts";
import { type BenchResult, machineInWords, parseResult } from "../bench/result_file.ts";
import { type Row, rowOf } from "../bench/row.ts";

const PEAK = { fma_gflops: 50, bandwidth_gbs: 10 };
const PEAKS = { core: PEAK, gpu: {} };
const SUBJECT = { device: "wasm", hello: { threads: 2, mode: "revectorize" } } as const;

const timing = (median_ms: number) => ({ median_ms, min_ms: median_ms / 2, runs: 5 });

Deno.test("a row has the promised keys, and its ratio is our time by the peer's", () => {
  const one = { name: "matmul", operations: 4e6 };
  const row = rowOf(one, SUBJECT, { timing: timing(2) }, PEAKS, {
    peer: "torch",
    timing: timing(8),
  });
  deepEqual(row, {
    name: "matmul",
    device: "wasm",
    threads: 2,
    mode: "revectorize",
    median_ms: 2,
    min_ms: 1,
    runs: 5,
    gflops: 2,
    peer: "torch",
    peer_median_ms: 8,
    ratio: 0.25,
    share_of_peak: 2 / (2 * 50),
  });
});

Deno.test("what was not measured is null in a row, and a peer's error stands in it", () => {
  const alone = rowOf({ name: "chain" }, SUBJECT, { timing: timing(2) }, PEAKS);
  deepEqual([alone.gflops, alone.peer, alone.peer_median_ms, alone.ratio], Array(4).fill(null));
  const refused = rowOf({ name: "chain" }, SUBJECT, { timing: timing(2) }, PEAKS, {
    peer: "tfjs",
    error: "no kernel",
  });
  deepEqual(
    [refused.peer, refused.peer_median_ms, refused.ratio, refused.peer_error],
    ["tfjs", null, null, "no kernel"],
  );
});

Deno.test("bytes moved are set against the bandwidth of all threads", () => {
  const row = rowOf({ name: "add", bytes: 8e6 }, SUBJECT, { timing: timing(2) }, PEAKS);
  deepEqual([row.gbs, row.share_of_bandwidth], [4, 4 / (2 * 10)]);
});

Deno.test("bytes held are set against the peer's", () => {
  const row = rowOf(
    { name: "peak", operations: 1e9 },
    SUBJECT,
    { timing: timing(2), memory: 300 },
    PEAKS,
    {
      peer: "torch",
      timing: timing(2),
      memory: { peak: 400 },
    },
  );
  deepEqual([row.bytes, row.peer_bytes, row.bytes_ratio, row.ratio], [300, 400, 0.75, 1]);
  equal(row.gflops, null, "nothing takes turns where memory is asked for");
});

Deno.test("a GPU's shares are of what one was told of it, and counts are no times", () => {
  const onGpu = { device: "webgpu", hello: { threads: 1, mode: "plain" } } as const;
  const timed = rowOf({ name: "add", bytes: 8e6 }, onGpu, { timing: timing(2) }, PEAKS);
  deepEqual([timed.gbs, timed.share_of_bandwidth], [4, undefined]);
  const product = rowOf({ name: "matmul", operations: 4e6 }, onGpu, { timing: timing(2) }, PEAKS);
  deepEqual([product.gflops, product.share_of_peak], [2, undefined]);
  const known = { core: PEAK, gpu: { fma_gflops: 8, bandwidth_gbs: 16 } };
  const shared = rowOf({ name: "add", bytes: 8e6 }, onGpu, { timing: timing(2) }, known);
  equal(shared.share_of_bandwidth, 0.25);
  const share = rowOf({ name: "matmul", operations: 4e6 }, onGpu, { timing: timing(2) }, known);
  equal(share.share_of_peak, 0.25);
  const counted = { timing: timing(2), count: 400 };
  const row = rowOf({ name: "dispatches", operations: 4e6 }, onGpu, counted, PEAKS);
  deepEqual([row.count, row.gflops], [400, null]);
});

const base: Row = {
  name: "conv3x3 forward, full width: 2×6→64 at 256²",
  device: "wasm",
  threads: 2,
  mode: "plain",
  median_ms: 2,
  min_ms: 1,
  runs: 9,
  gflops: 100,
  peer: "torch",
  peer_median_ms: 4,
  ratio: 0.5,
};

const RESULT: BenchResult = {
  date: "2026-01-31",
  machine: "Some processor, 2 cores",
  peak: PEAK,
  versions: { deno: "2.9.6", torch: "1.13.0" },
  rows: [
    base,
    { ...base, peer: "tfjs", peer_median_ms: null, ratio: null, peer_error: "no kernel" },
    {
      ...base,
      name: "conv3x3 forward, full width: 2×64→128 at 256²",
      gflops: 400,
      peer_median_ms: 1,
      ratio: 2,
    },
    { ...base, name: "matmul 256³", mode: "revectorize", peer: "tfjs", ratio: 0.0625 },
    {
      ...base,
      name: "peak memory",
      gflops: null,
      bytes: 3 * 2 ** 20,
      peer_bytes: 6 * 2 ** 20,
      bytes_ratio: 0.5,
      ratio: 3,
    },
    { ...base, name: "dispatches", gflops: null, peer: null, ratio: null, count: 400 },
  ],
};

Deno.test("the README's table is made from a kept run", () => {
  const kept = JSON.stringify(RESULT);
  const [heading, blank, ...table] = markdownTable(parseResult(kept, "kept.json")).split("\n");
  match(heading, /^2026-01-31, Some processor, 2 cores \(.*50 GFLOP\/s.*\); deno 2\.9\.6, torch 1/);
  equal(blank, "");
  deepEqual(table.map((line) => line.replaceAll(/ +/g, " ")), [
    "| work | device | time | GFLOP/s | ÷ torch | ÷ tfjs |",
    table[1],
    "| conv3x3 forward, full width, 2 shapes | wasm, 2 threads | | 159 | 1.00 (0.50 to 2.00) | cannot |",
    "| matmul 256³ | wasm, 2 threads, revectorize | 2.000 ms | 100 | | 0.063 |",
    "| peak memory | wasm, 2 threads | 3.000 MiB | | 0.50 | |",
    "| dispatches | wasm, 2 threads | 400 | | | |",
  ]);
  equal(new Set(table.map((line) => line.length)).size, 1, "the columns line up");
});

Deno.test("shapes of one kind of work come together, devices and modes stay apart", () => {
  const families = familiesOf([...RESULT.rows, { ...base, threads: 1 }]);
  deepEqual(families.map((family) => [family.name, family.threads, shapeCount(family)]), [
    ["conv3x3 forward, full width", 2, 2],
    ["conv3x3 forward, full width", 1, 1],
    ["matmul 256³", 2, 1],
    ["peak memory", 2, 1],
    ["dispatches", 2, 1],
  ]);
  deepEqual(ratiosTo("torch", families[0]), { mean: 1, least: 0.5, most: 2 });
  equal(ratiosTo("jax-js", families[0]), undefined);
});

Deno.test("a file that holds no kept run is refused by name", () => {
  throws(() => parseResult("[", "a.json"), /^Error: Cannot read a\.json: it is no JSON$/);
  throws(() => parseResult("[]", "a.json"), /^Error: Cannot read a\.json: a run that bench --save/);
});

Deno.test("the machine's words name its cores without a permission", () => {
  match(machineInWords(), /\d+ cores?, (.* GiB, )?\w+ \w+$/);
});

Deno.test("the table on the terminal shows times, shares, bytes and what a peer cannot do", () => {
  const report = new Report(RESULT.rows.map(({ name }) => name));
  const words = (row: Row) => report.row(row).split(/ {2,}/).slice(1).join("|");
  const shared = { ...base, share_of_peak: 0.98 };
  equal(words(shared), "wasm, 2 threads|2.000 ms|100.0|98%|torch|4.000 ms|0.50");
  equal(
    words(RESULT.rows[1]),
    "wasm, 2 threads|2.000 ms|100.0|tfjs|cannot: no kernel",
  );
  equal(words(RESULT.rows[4]), "wasm, 2 threads|3.000 MiB|torch|6.000 MiB|0.50");
  const moved = { ...base, gflops: null, bytes: 1e6, gbs: 12.34, share_of_bandwidth: 0.5 };
  equal(words(moved), "wasm, 2 threads|2.000 ms|12.3|50%|torch|4.000 ms|0.50");
});
