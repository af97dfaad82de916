import { deepEqual, equal, match, notEqual, ok, rejects, throws } from "node:assert/strict";
import type { NpyArray } from "../data/npy.ts";
import { readNpz } from "../data/npz.ts";
import { METHODS } from "../meta/methods.ts";
import { compare, type Deviation, isBeyond, type Precision } from "../meta/replay/comparison.ts";
import { replayTrace } from "../meta/replay/replay_trace.ts";
import { Trace } from "../meta/replay/trace.ts";
import { type DType, init } from "../tensor/mod.ts";
import { encodeNpz } from "./npz_file.ts";
import { tempDataset } from "./temp_dataset.ts";

// Written by tests/reference/golden.py:
// first-step-f32: --div 30 --side 32 --n 1 --steps 1 --seed 5
// second-order-f64: --div 50 --side 40 --n 2 --steps 2 --seed 3 --dtype f64 --lr-inner 0.5
const FOLDER = new URL("./fixtures/traces/", import.meta.url);
const fixture = (name: string) =>
  readNpz(Deno.readFileSync(new URL(`${name}.npz`, FOLDER)), `${name}.npz`);

type Arrays = ReadonlyMap<string, NpyArray>;
const firstStep: Arrays = fixture("first-step-f32");
const secondOrder: Arrays = fixture("second-order-f64");
const traceOf = (arrays: Arrays) => new Trace("t.npz", arrays);

await init("js");
const repeated = await replayTrace(traceOf(secondOrder), "float64");

const failures = (deviations: readonly Deviation[]) =>
  deviations.filter(isBeyond).map(({ key }) => key);

async function replay(
  arrays: Arrays,
  { dtype = "float64", precision = "f64", method = METHODS.rfmeta }: {
    dtype?: DType;
    precision?: Precision;
    method?: typeof METHODS[keyof typeof METHODS];
  } = {},
): Promise<Deviation[]> {
  return compare(await replayTrace(traceOf(arrays), dtype, method), precision);
}

/** The arrays with one of them changed. */
function changed(arrays: Arrays, key: string, change: (data: Float64Array) => void): Arrays {
  const array = arrays.get(key);
  ok(array !== undefined, `the trace has no ${key}`);
  const data = Float64Array.from(array.data, Number);
  change(data);
  const { shape } = array;
  return new Map(arrays).set(
    key,
    array.dtype === "float32"
      ? { dtype: "float32", shape, data: Float32Array.from(data) }
      : { dtype: "float64", shape, data },
  );
}

const nudged = (arrays: Arrays, key: string, factor: number) =>
  changed(arrays, key, (data) => data.set([data[0] * factor]));

Deno.test("a PyTorch run with a large inner rate is repeated in float64, second order included", () => {
  const deviations = compare(repeated, "f64");
  deepEqual(failures(deviations), []);
  const compared = deviations.map(({ key }) => key).sort();
  const recorded = [...secondOrder.keys()].filter((key) =>
    /^step\d+\/loss\/|^step1\/(grad|inner_grad)|^final\/|^eval\/score$/.test(key)
  );
  deepEqual(compared, recorded.sort());
});

Deno.test("every final weight is judged but the biases that a batch-norm cancels", () => {
  const deviations = compare(repeated, "f64");
  const unjudged = deviations.filter(({ limit }) => limit === null).map(({ key }) => key);
  const places = [0, 3, 6];
  const stages = [1, 2, 3].flatMap((stage) => places.map((j) => `down${stage}.downconv.${j}`));
  deepEqual(
    unjudged.sort(),
    [
      ...["inc.conv.0", ...stages].map((conv) => `final/FeatExtor/${conv}.bias`),
      ...places.map((j) => `final/DepthEstor/conv.${j}.bias`),
      ...[0, 1, 2].map((k) => `final/FeatEmbder/features.${k}.conv${k}.bias`),
    ].sort(),
  );
});

Deno.test("a float32 run is repeated in float64 and float32; its first step is judged", async () => {
  equal(traceOf(firstStep).precision, "f32");
  for (const dtype of ["float64", "float32"] as const) {
    const deviations = await replay(firstStep, { dtype, precision: "f32" });
    deepEqual(failures(deviations), []);
    const judged = deviations.filter(({ limit }) => limit !== null).map(({ key }) => key);
    equal(judged.length, 13 + 66 + 2 * 14);
    ok(judged.every((key) => key.startsWith("step1/")));
  }
});

Deno.test("wasm repeats either run as closely as float32 allows", async () => {
  await init("wasm", { threads: 1 });
  for (const arrays of [firstStep, secondOrder]) {
    deepEqual(failures(await replay(arrays, { dtype: "float32", precision: "f32" })), []);
  }
  await init("js");
});

Deno.test("pixels are divided in the precision of the recorded run, also when replayed in float64", () => {
  for (
    const [arrays, round] of [[firstStep, Math.fround], [secondOrder, Number]] as const
  ) {
    const [{ images }] = traceOf(arrays).batches(1, "float64");
    const domain = traceOf(arrays).values("step1/order")[0];
    const bytes = traceOf(arrays).values(`step1/img${domain}`);
    deepEqual(images.dataSync(), bytes.map((byte) => round(byte / 255)));
  }
});

Deno.test("a first-order update is told from the second-order one that was recorded", async () => {
  const keys = failures(await replay(secondOrder, { method: METHODS["rfmeta-first-order"] }));
  ok(keys.includes("step1/grad/FeatEmbder/features.0.conv0.weight"), keys.join());
  ok(keys.includes("step1/grad/FeatExtor/inc.conv.0.weight"));
  ok(!keys.some((key) => key.startsWith("step1/loss/") || key.startsWith("step1/inner_grad")));
  ok(!keys.includes("step1/grad/DepthEstor/conv.0.weight"));
});

Deno.test("a wrong inner rate is noticed where the adapted weights are used", async () => {
  const keys = failures(await replay(nudged(secondOrder, "meta/lr_inner", 0.9)));
  ok(keys.includes("step1/loss/cls_test0") && keys.includes("step1/loss/cls_test1"));
  ok(!keys.includes("step1/loss/cls_train0") && !keys.includes("step1/inner_grad0/fc.weight"));
});

Deno.test("a change of any recorded result is found under its own key", () => {
  const compareChanged = (key: string, change: (data: Float64Array) => void) => {
    const recorded = traceOf(changed(secondOrder, key, change)).values(key);
    return compare(repeated.map((r) => r.key === key ? { ...r, recorded } : r), "f64");
  };
  for (
    const [key, relative] of [
      ["step1/loss/cls_test0", 1e-7],
      ["step2/loss/dep_test", 1e-7],
      ["step1/grad/FeatExtor/down2.downconv.3.weight", 1e-7],
      ["step1/grad/FeatExtor/inc.conv.0.bias", 1e-7],
      ["step1/inner_grad1/features.2.bn2.weight", 1e-7],
      ["final/FeatEmbder/fc.weight", 1e-5],
      ["final/DepthEstor/conv.7.running_var", 1e-5],
      ["eval/score", 1e-7],
    ] as const
  ) {
    const scale = key.includes("/grad/FeatExtor") ? 10 : 1;
    const found = compareChanged(key, (data) => {
      data[0] += relative * scale * Math.max(...data.map(Math.abs), 1e-2);
    });
    deepEqual(failures(found), [key]);
    deepEqual(failures(compareChanged(key, (data) => data.fill(NaN))).includes(key), true);
  }
});

Deno.test("what cannot be compared deviates without bound, as a number that JSON knows", () => {
  const deviationOf = (recorded: number[], replayed: number[]) =>
    compare([{ key: "eval/score", recorded: Float64Array.from(recorded), replayed }], "f64")[0];
  for (
    const [recorded, replayed] of [
      [[1, 2], [1]],
      [[1, 2], []],
      [[1, 2], [1, NaN]],
      [[NaN, 2], [1, 2]],
      [[1, 2], [1, Infinity]],
      [[0, 0], [0, 1e-300]],
    ]
  ) {
    const found = deviationOf(recorded, replayed);
    equal(found.deviation, Number.MAX_VALUE);
    equal(isBeyond(found), true);
  }
  equal(deviationOf([0, 0], [0, 0]).deviation, 0);
  equal(deviationOf([4, -8], [4, -7]).deviation, 1 / 8);
});

Deno.test("a small gradient is measured by the largest of its network", () => {
  const gradients = [
    { key: "step1/grad/FeatExtor/a", recorded: Float64Array.of(100), replayed: [100] },
    { key: "step1/grad/FeatExtor/b", recorded: Float64Array.of(0), replayed: [2 ** -34] },
    { key: "step1/grad/DepthEstor/c", recorded: Float64Array.of(2 ** -34), replayed: [2 ** -33] },
    { key: "final/FeatExtor/b", recorded: Float64Array.of(1), replayed: [2] },
    { key: "final/FeatExtor/a", recorded: Float64Array.of(1), replayed: [2] },
  ];
  deepEqual(compare(gradients, "f64").map(({ deviation, limit }) => [deviation, limit]), [
    [0, 1e-8],
    [2 ** -34, 1e-8],
    [1, 1e-8],
    [1, null],
    [1, 1e-6],
  ]);
});

Deno.test("a trace that lacks something, or has it in another shape, is refused by its key", async () => {
  const without = (key: string) => new Map([...firstStep].filter(([name]) => name !== key));
  for (const key of ["meta/eps", "step1/loss/total"]) {
    throws(
      () => traceOf(without(key)),
      new RegExp(`^Error: Cannot replay t.npz: it has no ${key}`),
    );
  }
  for (
    const key of [
      "init/FeatEmbder/fc.weight",
      "init/FeatExtor/inc.conv.1.running_var",
      "step1/order",
      "step1/img1",
      "step1/loss/cls_test",
      "step1/grad/DepthEstor/conv.0.bias",
      "step1/inner_grad1/fc.bias",
      "final/FeatExtor/down3.downconv.7.running_mean",
      "eval/img",
      "eval/score",
    ]
  ) {
    await rejects(
      replay(without(key)),
      new RegExp(`^Error: Cannot replay t.npz: it has no ${key}`),
    );
  }
  await rejects(
    replay(changed(firstStep, "meta/div", (data) => data.fill(16))),
    /: init\/FeatExtor\/inc\.conv\.0\.weight must be \[4,6,3,3\] by its meta\/div, got \[2,6,3,3\]/,
  );
  throws(
    () => traceOf(changed(firstStep, "meta/lr", (data) => data.fill(NaN))),
    /^Error: Cannot replay t\.npz: meta\/lr must be a number, got NaN/,
  );
  throws(
    () => traceOf(changed(firstStep, "meta/bn_eps", (data) => data.fill(1e-3))),
    /^Error: Cannot replay t\.npz: its batch-norm adds 0\.001, ours 0\.00001/,
  );
});

async function task(...args: string[]) {
  const program = new URL("../meta/replay.ts", import.meta.url).href;
  const command = new Deno.Command("deno", {
    args: ["run", "--no-prompt", "--allow-read", program, ...args],
    env: { NO_COLOR: "1" },
  });
  const { code, stdout, stderr } = await command.output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

Deno.test("the task prints one JSON object, or the worst deviations, and its exit code says which", async () => {
  await using files = await tempDataset({
    "sound.npz": encodeNpz(firstStep),
    "changed.npz": encodeNpz(nudged(firstStep, "step1/loss/total", 1.001)),
    "cut.npz": encodeNpz(firstStep).subarray(0, 5000),
    "other.npz": encodeNpz(new Map([["a", { dtype: "uint8", shape: [], data: Uint8Array.of(1) }]])),
  });
  const [sound, different, told, finer, cut, other, absent, nothing] = await Promise.all([
    task(`${files.path}/sound.npz`, "--json"),
    task(`${files.path}/changed.npz`, "--json"),
    task(`${files.path}/changed.npz`, "--dtype", "float32"),
    task(`${files.path}/sound.npz`, "--device", "wasm", "--dtype", "float64"),
    task(`${files.path}/cut.npz`),
    task(`${files.path}/other.npz`, "--json"),
    task(`${files.path}/absent.npz`),
    task(),
  ]);
  const report = JSON.parse(sound.stdout);
  deepEqual([sound.code, sound.stderr, report.ok, report.arithmetic], [0, "", true, "f64"]);
  deepEqual(Object.keys(report.worst[0]), ["key", "deviation", "limit"]);

  const { ok: isOk, worst } = JSON.parse(different.stdout);
  deepEqual([different.code, isOk, worst[0].key], [1, false, "step1/loss/total"]);
  ok(worst[0].deviation > worst[0].limit && worst[1].deviation <= worst[1].limit);
  match(different.stderr, /^check failed: 1 of 206 results deviate beyond their limits\n$/);

  equal(told.code, 1);
  match(told.stdout, /^DIFFERENT: 206 results computed in f32, 107 of them judged as f32\n/);

  match(finer.stderr, /^error: --device wasm has no float64; leave --dtype out/);
  match(cut.stderr, /^error: Cannot read \S+cut\.npz: /);
  match(other.stderr, /^error: Cannot replay \S+other\.npz: it has no meta\/div/);
  notEqual(absent.stderr, "");
  deepEqual([finer, cut, other, absent, nothing].map(({ code }) => code), [2, 1, 1, 1, 2]);
  deepEqual([cut.stdout, other.stdout, absent.stdout, nothing.stdout], ["", "", "", ""]);
});
