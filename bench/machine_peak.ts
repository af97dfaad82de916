/**
 * What the machine could do at best: the arithmetic and the memory traffic of one core.
 *
 * @module
 */

import { f32x4, Module, scratch, v128 } from "../tensor/wasm/assembler/mod.ts";

/** The best of one core, with vectors of 128 bits. */
export interface MachinePeak {
  /** Fused multiply-adds, each two operations. */
  readonly fma_gflops: number;
  /** a = k·b + c over arrays larger than any cache; two reads and a write count. */
  readonly bandwidth_gbs: number;
}

/** Enough to hide a multiply-add's latency of four cycles at two or three a cycle. */
const ACCUMULATORS = 12;
const LANES = 4;
const UNROLLED = 4;
const VECTOR_BYTES = 16;
const PAGE_BYTES = 65536;
const ATTEMPTS = 5;

/** Measures both; takes about half a second and, for that time, three arrays of `arrayBytes`. */
export function measureMachinePeak(
  { multiplyAdds = 4e6, arrayBytes = 128 * 2 ** 20 } = {},
): MachinePeak {
  const pages = 1 + Math.ceil(3 * arrayBytes / PAGE_BYTES);
  const mode = { wide: false, relaxed: true };
  const module = new Module(mode, { shared: false, heapPages: 1, scratchPages: pages });
  writeMultiplyAdds(module);
  writeTriad(module, PAGE_BYTES, arrayBytes);
  const arrays = new WebAssembly.Memory({ initial: pages, maximum: PAGE_BYTES });
  // Pages that nobody has written all show the same one, which a cache would hold.
  new Uint8Array(arrays.buffer).fill(1);
  const compiled = new WebAssembly.Instance(new WebAssembly.Module(module.bytes()), {
    env: {
      scratch: arrays,
      memory: new WebAssembly.Memory({ initial: 1, maximum: 1 }),
    },
  });
  const { multiplyAdd, triad } = compiled.exports;
  if (!(multiplyAdd instanceof Function && triad instanceof Function)) {
    throw new Error("Cannot measure the machine: the module lacks its functions");
  }
  const operations = 2 * LANES * ACCUMULATORS * UNROLLED * multiplyAdds;
  return {
    fma_gflops: operations / fastest(() => multiplyAdd(multiplyAdds)) / 1e6,
    bandwidth_gbs: 3 * arrayBytes / fastest(() => triad()) / 1e6,
  };
}

function writeMultiplyAdds(module: Module): void {
  module.export("multiplyAdd", { rounds: "i32" }, (k, { rounds }) => {
    const x = k.let(v128.load(scratch(0)));
    const y = k.let(v128.load(scratch(VECTOR_BYTES)));
    const sums = Array.from({ length: ACCUMULATORS }, (_, i) => k.let(f32x4.const(i)));
    k.repeat(rounds, () => {
      for (let i = 0; i < UNROLLED; i++) {
        for (const sum of sums) k.set(sum, f32x4.mulAdd(x, y, sum));
      }
    });
    // Apart from each other, so that V8 never pairs them to vectors of 256 bits.
    sums.forEach((sum, i) => k.store(scratch(4 * VECTOR_BYTES * (i + 1)), sum));
  });
}

function writeTriad(module: Module, start: number, bytes: number): void {
  module.export("triad", {}, (k) => {
    const factor = k.let(f32x4.const(0.5));
    const at = k.let(scratch(start));
    k.repeat(bytes / (UNROLLED * VECTOR_BYTES), () => {
      for (let i = 0; i < UNROLLED; i++) {
        const offset = i * VECTOR_BYTES;
        const b = v128.load(at, bytes + offset);
        const c = v128.load(at, 2 * bytes + offset);
        k.store(at, f32x4.mulAdd(factor, b, c), offset);
      }
      k.advance(at, UNROLLED * VECTOR_BYTES);
    });
  });
}

/** In milliseconds; the first attempts are slower, for they compile and touch fresh memory. */
function fastest(work: () => unknown): number {
  const times = Array.from({ length: ATTEMPTS }, () => {
    const began = performance.now();
    work();
    return performance.now() - began;
  });
  return Math.min(...times);
}
