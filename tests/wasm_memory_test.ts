/**
 * A wasm device with little memory: what it says when that is full, and that it loses none of it.
 */

import { deepEqual, equal, match, ok, rejects, throws } from "node:assert/strict";
import { conv2d, grad, sum } from "../autograd/mod.ts";
import { deviceNamed } from "../tensor/devices.ts";
import { full, init, memory, ones, scope } from "../tensor/mod.ts";
import { OutOfMemory } from "../tensor/out_of_memory.ts";
import { leaves } from "../tensor/tree.ts";
import { Heap } from "../tensor/wasm/heap.ts";
import { drawInputs } from "./op_inputs.ts";
import { nameOf, OP_TABLE } from "./op_table.ts";

const MIB = 2 ** 20;
await init("wasm", { threads: 1, fused: false, memory: 64 * MIB });

Deno.test("when memory is full, one message says what was wanted, what there is and what to do", () => {
  using _held = ones([40, MIB / 4]);
  throws(() => full([30, 256, 1024], 2), {
    name: "RangeError",
    message: "Cannot full into float32 [30,256,1024]: out of memory (wanted 30.0 MiB, in use " +
      "40.0 MiB, limit 64.0 MiB, largest free piece 24.0 MiB) while 1 tensors hold 40.0 MiB " +
      "(most: full 40.0 MiB). Free tensors with dispose(), using or scope(), keep less for " +
      "gradients with checkpoint(), or make the batch or image smaller; or let init() reserve " +
      "more than memory: 67108864 bytes",
  });
});

Deno.test("a gradient that does not fit frees what it had made, and a smaller one then fits", () => {
  const gradient = (side: number) =>
    scope(() => {
      const weight = ones([16, 16, 3, 3]);
      const deep = (w: typeof weight) => {
        let x = ones([1, 16, side, side]);
        for (let i = 0; i < 6; i++) x = conv2d(x, w, { padding: 1 });
        return sum(x);
      };
      return grad(deep)(weight).dataSync();
    });
  const before = memory();
  throws(() => gradient(512), /^RangeError: Cannot conv2d into .*out of memory \(wanted 16\.0 MiB/);
  deepEqual(memory(), before);
  equal(gradient(64).length, 16 * 16 * 9);
  deepEqual(memory(), before);
});

Deno.test("a tensor of 4 GiB or more is refused as such", () => {
  throws(() => full([2, 2 ** 29], 0), {
    name: "RangeError",
    message: "Cannot put a tensor of shape [2,536870912] on wasm: it must take less than " +
      "4096.0 MiB, wanted 4096.0 MiB; split it, as by a smaller batch",
  });
  throws(() => full([2 ** 30 - 1], 0), /out of memory \(wanted 4096\.0 MiB, in use/);
});

Deno.test("memory is reserved once: another wish later is refused", async () => {
  await rejects(init("wasm", { memory: 128 * MIB }), {
    name: "RangeError",
    message: "Cannot reserve memory: 134217728 bytes for wasm: it was started before, with " +
      '67108864; say so in the program\'s first init("wasm")',
  });
  await init("wasm", { threads: 1, fused: false, memory: 64 * MIB });
  await init("wasm", { threads: 1, fused: false });
});

/** Counts the blocks that are in use, and refuses all allocations from a given one in a row on. */
class Faults {
  readonly #allocate = Heap.prototype.allocate;
  readonly #free = Heap.prototype.free;
  #left = Infinity;
  blocks = 0;

  /** Replaces the heap's methods until disposed. */
  constructor() {
    const { allocate, free } = { allocate: this.#allocate, free: this.#free };
    const take = () => {
      if (this.#left-- <= 0) throw new OutOfMemory("the test wants it so");
      this.blocks++;
    };
    const give = () => this.blocks--;
    Heap.prototype.allocate = function (bytes) {
      take();
      return allocate.call(this, bytes);
    };
    Heap.prototype.free = function (address) {
      give();
      free.call(this, address);
    };
  }

  /** Whether the work was cut short because its allocation number `place`, from 0, was refused. */
  refuses(place: number, work: () => void): boolean {
    this.#left = place;
    try {
      work();
      return false;
    } catch (error) {
      match(String(error), /out of memory \(the test wants it so\)/);
      return true;
    } finally {
      this.#left = Infinity;
    }
  }

  [Symbol.dispose]() {
    Heap.prototype.allocate = this.#allocate;
    Heap.prototype.free = this.#free;
  }
}

Deno.test("an op that runs out of memory at any allocation keeps no block", () => {
  using faults = new Faults();
  let refused = 0;
  // Those that differentiate inside have tapes to clear up as well, which is not the device's matter.
  for (const row of OP_TABLE.filter((row) => !nameOf(row).includes("inner step"))) {
    const place = { dtype: "float32", device: deviceNamed("wasm") } as const;
    const undrawn = faults.blocks;
    const inputs = drawInputs(row.inputs, nameOf(row), place);
    const before = faults.blocks;
    const run = () => scope(() => void leaves(row.run(...inputs)));
    let at = 0;
    for (; faults.refuses(at, run); at++) {
      equal(faults.blocks, before, `${nameOf(row)} keeps a block after refusal ${at}`);
    }
    refused += at;
    // What was prepared from the inputs is kept for as long as they live.
    for (const x of inputs) x.dispose();
    equal(faults.blocks, undrawn, nameOf(row));
  }
  ok(refused > 2 * OP_TABLE.length, `${refused} refusals`);
});
