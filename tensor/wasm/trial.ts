/**
 * Whether the engine fuses pairs of 128-bit vectors into 256-bit ones, found out by trying.
 *
 * V8 does so under a flag that only the command line can set, and it tells nobody.
 *
 * @module
 */

import { f32x4, type Memories, type Mode, Module, scratch, v128 } from "./assembler/mod.ts";

/** Pairs of sums: as many as there are registers of 256 bits to spare, twice what 128 bits can hold. */
const PAIRS = 12;
const DEPTH = 4;
const ROUNDS = 400;

/** Work whose results stand side by side, as fusing needs it, takes about 0.4 of the time when fused. */
const CLEARLY_FASTER = 0.65;

/** A kernel begins in a slow tier of the engine, which compiles it anew, twice as fast, after some calls. */
const COMPILED = 0.7;
const WARMUP_MILLISECONDS = 8;
const SURELY_COMPILED_MILLISECONDS = 25;
const LONGEST_MILLISECONDS = 60;
const SAMPLES = 8;
const ENOUGH_DOUBTS = 4;

/** True if work that may be fused takes clearly less time than the same work that may not. */
export function fusesVectors(
  mode: Mode,
  memories: Memories,
  memory: WebAssembly.Memory,
): boolean {
  const kernels = [16, 48].map((distance) => makeKernel(mode, memories, memory, distance));
  kernels.forEach((run) => run());
  const slow = kernels.map((run) => fastestOf(run));
  const start = performance.now();
  const elapsed = () => performance.now() - start;
  while (elapsed() < WARMUP_MILLISECONDS) kernels.forEach((run) => run());
  let doubts = 0;
  do {
    const [fusible, plain] = kernels.map((run) => fastestOf(run));
    const isCompiled = elapsed() > SURELY_COMPILED_MILLISECONDS ||
      fusible < COMPILED * slow[0] && plain < COMPILED * slow[1];
    if (isCompiled && fusible < CLEARLY_FASTER * plain) return true;
    if (isCompiled && ++doubts === ENOUGH_DOUBTS) return false;
  } while (elapsed() < LONGEST_MILLISECONDS);
  return false;
}

function fastestOf(run: () => void): number {
  return Math.min(...Array.from({ length: SAMPLES }, () => timeOf(run)));
}

function timeOf(run: () => void): number {
  const start = performance.now();
  run();
  return performance.now() - start;
}

/** A kernel whose sums are stored so many bytes apart. */
function makeKernel(
  mode: Mode,
  memories: Memories,
  memory: WebAssembly.Memory,
  distance: number,
): () => void {
  const module = new Module(mode, memories);
  module.export("run", {}, (k) => {
    const sums = Array.from({ length: 2 * PAIRS }, () => k.local("v128"));
    const pair = [k.local("v128"), k.local("v128")];
    const factor = k.local("v128");
    k.repeat(ROUNDS, () => {
      for (const sum of sums) k.set(sum, f32x4.const(0));
      for (let step = 0; step < DEPTH; step++) {
        pair.forEach((half, i) => k.set(half, v128.load(scratch(0), 32 * step + 16 * i)));
        k.set(factor, v128.load32Splat(scratch(0), 1024 + 4 * step));
        sums.forEach((sum, i) => k.set(sum, f32x4.mulAdd(factor, pair[i % 2], sum)));
      }
      sums.forEach((sum, i) => k.store(scratch(0), sum, 2048 + distance * i));
    });
  });
  const scratchMemory = new WebAssembly.Memory({ initial: memories.scratchPages, maximum: 65536 });
  const imports = { env: { memory, scratch: scratchMemory } };
  const { run } = new WebAssembly.Instance(new WebAssembly.Module(module.bytes()), imports).exports;
  return run as () => void;
}
