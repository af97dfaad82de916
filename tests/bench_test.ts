/**
 * The bench: what it measures is real, and programs take their turns.
 */

import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { alternate, timingOf } from "../bench/alternate.ts";
import { gpuDriving, gpuMemory } from "../bench/apart.ts";
import { awaited } from "../bench/awaited.ts";
import { CASES } from "../bench/cases.ts";
import { GROUPS, usualGroups } from "../bench/case.ts";
import { Lineup } from "../bench/lineup.ts";
import { measureMachinePeak } from "../bench/machine_peak.ts";
import { Measurer } from "../bench/measure.ts";
import { embedderOperations, stepOperations } from "../bench/operations.ts";
import { prepare } from "../bench/ours/prepare.ts";
import { Pace } from "../bench/pace.ts";
import { withNamedPeers } from "../bench/peer_flag.ts";
import { ProcessRunner, type Runner } from "../bench/runner.ts";
import { subject } from "../bench/programs.ts";
import type { EmbedderWork, StepWork, Work } from "../bench/work.ts";
import { currentDevice, init, memory } from "../tensor/mod.ts";

await init("js");

const PEAKS = { core: { fma_gflops: 50, bandwidth_gbs: 10 }, gpu: {} };
const MATMUL = { kind: "matmul", size: 2 } as const;
const TINY_STEP: StepWork = { kind: "step", channelDivisor: 64, imageSize: 32, batchSize: 1 };
const TINY_EMBEDDER: EmbedderWork = { kind: "embedder", channelDivisor: 64, batch: 2, side: 8 };

// Sampling.

/** A program whose runs take what `cost` says, and which notes each in `log`. */
function fakeRunner(
  name: string,
  log: string[],
  cost: (run: number) => number,
  hello: Runner["hello"] = { versions: {}, threads: 1 },
): Runner {
  let runs = 0;
  return {
    name,
    hello,
    prepare: () => Promise.resolve(),
    memory: () => Promise.resolve({ peak: 0 }),
    run(times) {
      log.push(name);
      let ms = 0;
      for (let i = 0; i < times; i++) ms += cost(runs++);
      return Promise.resolve(ms);
    },
  };
}

Deno.test("programs are warmed one after the other and then sampled by turns", async () => {
  const log: string[] = [];
  const outcomes = await alternate(
    [fakeRunner("ours", log, () => 5), fakeRunner("peer", log, () => 20)],
    MATMUL,
    { runs: 3, seconds: 1, warm_ms: 15 },
  );
  deepEqual(log.join(" "), "ours ours ours peer peer ours peer ours peer ours peer");
  deepEqual(outcomes, [
    { timing: { median_ms: 5, min_ms: 5, runs: 3 } },
    { timing: { median_ms: 20, min_ms: 20, runs: 3 } },
  ]);
});

Deno.test("a program is warm once its times have settled", async () => {
  const falling = (run: number) => run < 6 ? 100 - 10 * run : 10;
  const [outcome] = await alternate([fakeRunner("ours", [], falling)], MATMUL, {
    runs: 5,
    seconds: 9,
    warm_ms: 190,
  });
  deepEqual(outcome, { timing: { median_ms: 10, min_ms: 10, runs: 5 } });
});

Deno.test("short work is repeated within a sample, and long work sampled three times", async () => {
  const log: string[] = [];
  const [short, long] = await alternate(
    [fakeRunner("short", log, () => 0.5), fakeRunner("long", log, () => 900)],
    MATMUL,
    { runs: 7, seconds: 1, warm_ms: 1 },
  );
  deepEqual(short, { timing: { median_ms: 0.5, min_ms: 0.5, runs: 7 } });
  deepEqual(long, { timing: { median_ms: 900, min_ms: 900, runs: 3 } });
});

Deno.test("a program that has to be waited for takes longer samples", async () => {
  const repeats: number[] = [];
  const runner: Runner = {
    ...fakeRunner("gpu", [], () => 0, { versions: {}, threads: 1, sample_ms: 50 }),
    run(times) {
      repeats.push(times);
      return Promise.resolve(10 * times);
    },
  };
  await alternate([runner], MATMUL, { runs: 1, seconds: 1, warm_ms: 1 });
  deepEqual(repeats, [1, 5]);
});

Deno.test("a program that fails says why and stops nobody else", async () => {
  const fail = () => {
    throw new Error("Kernel not\n registered");
  };
  const [failed, fine] = await alternate(
    [fakeRunner("peer", [], fail), fakeRunner("ours", [], () => 6)],
    MATMUL,
    { runs: 2, seconds: 1, warm_ms: 1 },
  );
  deepEqual(failed, { error: "Kernel not registered" });
  deepEqual(fine, { timing: { median_ms: 6, min_ms: 6, runs: 2 } });
});

Deno.test("the median of an even number of times is between the middle two", () => {
  deepEqual(timingOf([4, 1, 3, 2]), { median_ms: 2.5, min_ms: 1, runs: 4 });
  deepEqual(timingOf([9, 1, 3]), { median_ms: 3, min_ms: 1, runs: 3 });
});

Deno.test("a case becomes a row beside each peer, with the reason of one that cannot", async () => {
  const hello = { versions: {}, threads: 1, mode: "plain" } as const;
  const setting = { device: "js", mode: "plain" } as const;
  const measurer = new Measurer(
    {
      subjects: [{ setting, runner: fakeRunner("js", [], () => 10, hello) }],
      peers: [
        { peer: "torch", runner: fakeRunner("torch", [], () => 40) },
        { peer: "tfjs", error: "not installed" },
      ],
    },
    { runs: 2, seconds: 1, warm_ms: 1 },
    PEAKS,
  );
  const one = { name: "matmul", group: "matmul", measure: "time", work: MATMUL } as const;
  const { rows, skipped, failed } = await measurer.measure({ ...one, operations: 1e6 });
  deepEqual(rows.map(({ peer, ratio, peer_error }) => [peer, ratio, peer_error]), [
    ["torch", 0.25, undefined],
    ["tfjs", null, "not installed"],
  ]);
  deepEqual([skipped, failed], [[], []]);
  const far = await measurer.measure({ ...one, operations: 1e12 });
  deepEqual(far.rows, []);
  match(
    far.skipped.join(),
    /^matmul on js: one run would take about \d+ s, more than --seconds 1$/,
  );
});

Deno.test("a peer that has been slow is spared what it would take too long for", async () => {
  const hello = { versions: {}, threads: 1, mode: "plain" } as const;
  const setting = { device: "wasm", mode: "plain" } as const;
  const measurer = new Measurer(
    {
      subjects: [{ setting, runner: fakeRunner("wasm", [], () => 10, hello) }],
      peers: [{ peer: "jax-js", runner: fakeRunner("jax-js", [], () => 500) }],
    },
    { runs: 2, seconds: 1, warm_ms: 1 },
    PEAKS,
  );
  const one = { name: "matmul", group: "matmul", measure: "time", work: MATMUL } as const;
  await measurer.measure({ ...one, operations: 1e6 });
  const { rows } = await measurer.measure({ ...one, operations: 4e6 });
  deepEqual(rows.map(({ peer_error }) => peer_error), [
    "one run would take about 2 s, more than --seconds 1",
  ]);
});

Deno.test("what would take too long is known from the same kind of work alone", () => {
  const pace = new Pace();
  const task = (kind: Work["kind"], operations: number) => ({ work: { kind }, operations });
  equal(pace.objection("jax-js", task("conv2d", 1e15), 10), undefined, "nothing is known yet");
  pace.learn("jax-js", task("conv2d", 1e9), 1000);
  match(pace.objection("jax-js", task("conv2d", 20e9), 10) ?? "", /about 20 s, more than .* 10$/);
  equal(pace.objection("jax-js", task("conv2d", 9e9), 10), undefined);
  equal(pace.objection("jax-js", task("matmul", 20e9), 10), undefined);
  ok(pace.objection("js", task("step", 1e12), 10), "plain loops are known to be slow");
});

// Programs.

Deno.test("our library runs as a program that answers, and outlives a request that it cannot meet", async () => {
  await using runner = await ProcessRunner.start(subject({ device: "js", mode: "plain" }));
  deepEqual([runner.hello.threads, runner.hello.mode], [1, "plain"]);
  await rejects(runner.run(1), /no work has been prepared/);
  await runner.prepare({ kind: "conv2d", batch: 1, inputs: 2, outputs: 3, side: 4 });
  ok(await runner.run(2) > 0);
  const { peak, live } = await runner.memory();
  equal(live, 4 * (2 * 4 * 4 + 3 * 2 * 3 * 3));
  ok(peak > 2 ** 20, `${peak} bytes`);
});

Deno.test("settings that a device cannot tell apart are measured once", async () => {
  await using lineup = await Lineup.start(
    [{ device: "js", mode: "plain" }, { device: "js", mode: "revectorize", threads: 2 }],
    [],
  );
  deepEqual(lineup.subjects.map(({ setting }) => setting), [
    { device: "js", mode: "plain", threads: 1 },
  ]);
});

Deno.test("a program that cannot start or dies says why", async () => {
  const start = (...args: string[]) => ProcessRunner.start({ name: "peer", program: "deno", args });
  await rejects(start("eval", "throw new Error('no such backend')"), /peer ended with code 1/);
  await rejects(
    start("eval", `console.log('{"error": "No module named torch"}')`),
    { message: "No module named torch" },
  );
  const dying = await start(
    "eval",
    `console.log('{"hello": {"versions": {}, "threads": 1}}'); console.error("worn out");`,
  );
  await rejects(dying.run(1), { message: "peer ended with code 0: worn out" });
  await dying[Symbol.asyncDispose]();
});

// What is measured.

const WORKS: readonly Work[] = [
  { kind: "conv2d", batch: 1, inputs: 2, outputs: 3, side: 4 },
  { kind: "conv2dInput", batch: 1, inputs: 2, outputs: 3, side: 4 },
  { kind: "conv2dWeight", batch: 1, inputs: 2, outputs: 3, side: 4 },
  { kind: "matmul", size: 4 },
  { kind: "norm", pass: "forward", shape: [2, 3, 4, 4] },
  { kind: "norm", pass: "backward", shape: [2, 3, 4, 4] },
  { kind: "pool", pass: "forward", shape: [2, 3, 4, 4] },
  { kind: "pool", pass: "backward", shape: [2, 3, 4, 4] },
  { kind: "elementwise", op: "add", shape: [8] },
  { kind: "elementwise", op: "relu", shape: [8] },
  { kind: "elementwise", op: "sigmoid", shape: [8] },
  { kind: "chain", length: 10, size: 16 },
  TINY_EMBEDDER,
  TINY_STEP,
];

for (const work of WORKS) {
  Deno.test(`${Object.values(work).join(" ")} leaves nothing behind, run after run`, async () => {
    const before = memory().bytes;
    const { before: makeReady, run, end } = prepare(work);
    const inputs = memory().bytes;
    for (let i = 0; i < 2; i++) {
      await makeReady?.();
      await run();
      equal(memory().bytes, inputs);
    }
    end();
    equal(memory().bytes, before);
  });
}

/** The operations of the convolutions that a run calls for. */
async function convolutionsOf(work: Work): Promise<number> {
  const { kernels } = currentDevice();
  const { conv2d, conv2dInput, conv2dWeight } = kernels;
  let operations = 0;
  const count = (weight: readonly number[], map: readonly number[]) => {
    operations += 2 * weight.reduce((a, b) => a * b) * map[0] * map[2] * map[3];
  };
  kernels.conv2d = (x, w, ...rest) => {
    count(w.shape, x.shape);
    return conv2d.call(kernels, x, w, ...rest);
  };
  kernels.conv2dInput = (g, w, ...rest) => {
    count(w.shape, g.shape);
    return conv2dInput.call(kernels, g, w, ...rest);
  };
  kernels.conv2dWeight = (x, g, geometry, shape) => {
    count(shape, g.shape);
    return conv2dWeight.call(kernels, x, g, geometry, shape);
  };
  try {
    const { run, end } = prepare(work);
    await run();
    end();
  } finally {
    Object.assign(kernels, { conv2d, conv2dInput, conv2dWeight });
  }
  return operations;
}

Deno.test("the operations of a step are those of the convolutions that it runs", async () => {
  equal(await convolutionsOf(TINY_STEP), stepOperations(TINY_STEP));
  equal(await convolutionsOf(TINY_EMBEDDER), embedderOperations(TINY_EMBEDDER));
});

Deno.test("every group has a case, and no two cases share a name", () => {
  deepEqual(GROUPS.filter((group) => !CASES.some((one) => one.group === group)), []);
  equal(new Set(CASES.map(({ name }) => name)).size, CASES.length);
});

Deno.test("the machine's peak is measured", () => {
  const { fma_gflops, bandwidth_gbs } = measureMachinePeak({
    multiplyAdds: 1000,
    arrayBytes: 65536,
  });
  ok(fma_gflops > 0.1 && fma_gflops < 1e4, `${fma_gflops} GFLOP/s`);
  ok(bandwidth_gbs > 0.1 && bandwidth_gbs < 1e5, `${bandwidth_gbs} GB/s`);
});

// What is asked apart.

/** A program whose memory and GPU grow by what each step adds. */
function growingRunner(perStep: { device: number; dispatches: number }) {
  let steps = 0;
  return {
    run(times: number) {
      steps += times;
      return Promise.resolve(2 * times);
    },
    memory: () =>
      Promise.resolve({ peak: 0, live: 7, device: 100 + steps * perStep.device, resident: 50 }),
    driving: () =>
      Promise.resolve({
        dispatches: 1000 + steps * perStep.dispatches,
        submissions: steps,
        readBacks: steps,
        programs: 12,
      }),
  };
}

Deno.test("what a GPU's buffers take is asked after 10 steps and after 200", async () => {
  const rows = await gpuMemory("a training", growingRunner({ device: 3, dispatches: 0 }));
  deepEqual(rows.map(({ name, memory }) => [name, memory]), [
    ["live bytes of a training after step 10", 7],
    ["device bytes of a training after step 10", 130],
    ["resident memory of a training after step 10", 50],
    ["live bytes of a training after step 200", 7],
    ["device bytes of a training after step 200", 700],
    ["resident memory of a training after step 200", 50],
  ]);
  deepEqual(rows.map(({ timing }) => timing.runs), [10, 10, 10, 190, 190, 190]);
});

Deno.test("what is asked of a GPU is counted for each step", async () => {
  const rows = await gpuDriving("step", growingRunner({ device: 0, dispatches: 400 }));
  deepEqual(rows.map(({ name, count }) => [name, count]), [
    ["dispatches of a step", 400],
    ["submissions of a step", 1],
    ["read-backs of a step", 1],
    ["programs compiled for a step", 12],
  ]);
});

Deno.test("a program without a GPU has nothing to tell of it", async () => {
  await using runner = await ProcessRunner.start(subject({ device: "js", mode: "plain" }));
  await runner.prepare({ kind: "chain", length: 2, size: 2 });
  await rejects(runner.driving(), { message: "Cannot ask: there is no GPU" });
  await rejects(gpuMemory("a chain", runner), { message: "there is no GPU to ask" });
  const { resident = 0, peak } = await runner.memory();
  ok(resident > 2 ** 20 && resident <= peak, `${resident} of ${peak} bytes`);
});

Deno.test("work that goes on after a run is waited for by its last result", async () => {
  const log: string[] = [];
  let made = 0;
  const { run, settle, end } = awaited({
    begin: () => made++,
    read: (result) => Promise.resolve(log.push(`read ${result}`)),
    free: (result) => log.push(`free ${result}`),
    end: () => log.push("end"),
  });
  await run();
  await run();
  await settle?.();
  end();
  deepEqual(log, ["free 0", "read 1", "free 1", "end"]);
});

// The command line.

Deno.test("a GPU is measured on what it can do in a while", () => {
  ok(usualGroups("webgpu").includes("gpu"));
  ok(!usualGroups("webgpu").includes("step-full"));
  ok(usualGroups("wasm").includes("step-full") && !usualGroups("wasm").includes("gpu"));
});

Deno.test("--peers alone is --peers torch, and on webgpu its peers there", () => {
  const onGpu = "--peers=tfjs-webgpu,jax-js-webgpu,onnxruntime-web";
  deepEqual(withNamedPeers(["--peers", "--device", "webgpu"]), [onGpu, "--device", "webgpu"]);
  deepEqual(withNamedPeers(["--device=webgpu", "--peers"]), ["--device=webgpu", onGpu]);
  deepEqual(withNamedPeers(["--peers"]), ["--peers=torch"]);
  deepEqual(withNamedPeers(["--peers", "--only", "conv"]), ["--peers=torch", "--only", "conv"]);
  deepEqual(withNamedPeers(["--peers", "tfjs", "--list"]), ["--peers", "tfjs", "--list"]);
});

Deno.test("the command line lists its cases and refuses groups and peers that it does not know", async () => {
  const bench = async (...args: string[]) => {
    const command = new Deno.Command("deno", {
      args: ["run", "--no-prompt", "bench/main.ts", ...args],
      cwd: new URL("../", import.meta.url),
    });
    const { code, stdout, stderr } = await command.output();
    const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    return { code, out, err };
  };
  const [list, group, peer] = await Promise.all([
    bench("--list", "--only", "step-full,memory"),
    bench("--only", "convolutions"),
    bench("--peers", "numpy"),
  ]);
  equal(list.code, 0);
  deepEqual(list.out.trim().split("\n").map((line) => line.split("\t")[0]), [
    "step-full",
    "memory",
    "memory",
  ]);
  equal(group.code, 2);
  match(group.err, /--only must be among step-full, .*got "convolutions"/);
  equal(peer.code, 2);
  match(peer.err, /--peers must be among torch, torch-tuned, tfjs, jax-js, .*got "numpy"/);
});
