/**
 * The ways in which the wasm device can be started: what they must not change, and what strict avoids.
 */

import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { DEFAULTS } from "../meta/config.ts";
import type { DomainBatch } from "../meta/meta_loss.ts";
import { divide, METHODS } from "../meta/methods.ts";
import { initModel } from "../meta/networks/model.ts";
import { type TrainingState, trainStep } from "../meta/train_step.ts";
import { matmul } from "../autograd/mod.ts";
import { adam } from "../nn/mod.ts";
import {
  disposeReplaced,
  foldIn,
  init,
  type InitOptions,
  namedLeaves,
  ones,
  randomKey,
  tensor,
  uniform,
} from "../tensor/mod.ts";
import { deviceNamed } from "../tensor/devices.ts";
import { jsDevice } from "../tensor/js/device.ts";
import { nameOf, OP_TABLE } from "./op_table.ts";
import { deviation, outcomesOf } from "./parity.ts";
import { untilWorkersSeen } from "./workers_seen.ts";

const STEPS = 2;
const SIDE = 48;
const OPTIONS = { ...DEFAULTS, channelDivisor: 8 };
const KEY = randomKey(3);

/** Trains from the same weights on the same images, and returns the bits of every weight. */
async function trainedBits(options: InitOptions): Promise<Record<string, Int32Array>> {
  await init("wasm", options);
  using square = ones([256, 256]);
  if (options.threads !== 1) untilWorkersSeen(() => matmul(square, square).dispose());
  const optimizer = adam();
  const model = initModel(KEY, { channelDivisor: 8, init: "xavier", normScale: "uniform" });
  const domains = [0, 1, 2].map((domain) => batch(domain));
  let state: TrainingState = { ...model, optimizer: optimizer.init(model.weights) };
  for (let step = 0; step < STEPS; step++) {
    const roles = divide(domains, METHODS.rfmeta, 2);
    const { state: next, ...rest } = trainStep(
      state,
      roles,
      METHODS.rfmeta.adapt,
      OPTIONS,
      optimizer,
    );
    disposeReplaced({ state, rest }, next);
    state = next;
  }
  const bits = [...namedLeaves(state.weights)].map(([name, weight]) =>
    [name, new Int32Array(weight.dataSync().buffer)] as const
  );
  disposeReplaced({ state, domains }, []);
  return Object.fromEntries(bits);
}

function batch(domain: number): DomainBatch {
  const key = foldIn(KEY, domain);
  return {
    images: uniform(foldIn(key, "images"), [2, 6, SIDE, SIDE]),
    depths: uniform(foldIn(key, "depths"), [2, 1, SIDE / 8, SIDE / 8]),
    labels: tensor([1, 0]),
  };
}

Deno.test("training ends in the same bits on 1, 2 and 3 threads, with either tile", async () => {
  const alone = await trainedBits({ threads: 1, fused: false });
  ok(Object.values(alone).flatMap((bits) => [...bits]).length > 50_000);
  for (const threads of [2, 3]) deepEqual(await trainedBits({ threads, fused: false }), alone);
  deepEqual(await trainedBits({ threads: 2, fused: true }), alone);
});

/** Opcodes 0x100 to 0x13f after the prefix of vector instructions: what machines may do differently. */
function relaxedInstructions(module: Uint8Array): number {
  return module.filter((byte, i) =>
    byte === 0xfd && module[i + 1] >= 0x80 && module[i + 1] <= 0xbf && module[i + 2] === 2
  ).length;
}

/** Collects the modules that are compiled while something runs. */
async function compiledBy(run: () => Promise<void>): Promise<Uint8Array[]> {
  const compiled: Uint8Array[] = [];
  const { Module } = WebAssembly;
  WebAssembly.Module = class extends Module {
    constructor(bytes: Uint8Array<ArrayBuffer>) {
      super(bytes);
      compiled.push(bytes);
    }
  };
  try {
    await run();
  } finally {
    WebAssembly.Module = Module;
  }
  return compiled;
}

/** Computes every row of the op table, its gradients too. */
async function computeEverything(): Promise<void> {
  for (const row of OP_TABLE) {
    const actual = await outcomesOf(row, { dtype: "float32", device: deviceNamed("wasm") });
    const wanted = await outcomesOf(row, { dtype: "float64", device: jsDevice });
    actual.forEach((outcome, i) => {
      const found = deviation(outcome, wanted[i]);
      ok(found <= 2e-5, `${nameOf(row)}: ${outcome.what} deviates by ${found}`);
    });
  }
}

Deno.test("strict computes every op without a relaxed instruction, fast with some", async () => {
  const relaxed = async (deterministic: "fast" | "strict") => {
    const modules = await compiledBy(async () => {
      await init("wasm", { threads: 1, deterministic });
      await computeEverything();
    });
    ok(modules.length > 50, `${modules.length} kernels`);
    return modules.map(relaxedInstructions).reduce((sum, count) => sum + count);
  };
  equal(await relaxed("strict"), 0);
  ok(await relaxed("fast") > 100);
});

Deno.test("what the device cannot be started with is refused, and the device goes on", async () => {
  const refusals: [InitOptions, string][] = [
    [{ threads: 0 }, "threads must be a whole number from 1 to 256, got 0"],
    [{ threads: 1.5 }, "threads must be a whole number from 1 to 256, got 1.5"],
    [{ threads: 257 }, "threads must be a whole number from 1 to 256, got 257"],
    [{ threads: NaN }, "threads must be a whole number from 1 to 256, got NaN"],
    [{ memory: 1000 }, "memory must be at least 1048576 bytes, got 1000"],
    [{ memory: NaN }, "memory must be at least 1048576 bytes, got NaN"],
    [
      JSON.parse('{ "deterministic": "yes" }'),
      'deterministic must be "fast" or "strict", got "yes"',
    ],
  ];
  await init("wasm", { threads: 2, fused: false });
  for (const [options, message] of refusals) {
    await rejects(init("wasm", options), {
      name: "RangeError",
      message: `Cannot start wasm: ${message}`,
    });
    deepEqual(deviceNamed("wasm").description, { threads: 2, mode: "plain" });
  }
});
