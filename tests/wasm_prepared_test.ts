/**
 * What the wasm device keeps of a weight between convolutions: transformed filters.
 */

import { deepEqual, equal, notDeepEqual, ok, throws } from "node:assert/strict";
import { normalNumbers, randomKey } from "../tensor/random.ts";
import { type Geometry, type Shape, sizeOf } from "../tensor/shape.ts";
import type { WasmBuffer, WasmOperand } from "../tensor/wasm/buffer.ts";
import { elementwiseKernels } from "../tensor/wasm/elementwise/mod.ts";
import type { Machine } from "../tensor/wasm/machine.ts";
import { Prepared } from "../tensor/wasm/prepared.ts";
import { convolutionKernels } from "../tensor/wasm/products/conv2d.ts";
import { restartMachine, startMachine } from "../tensor/wasm/start.ts";

const GEOMETRY: Geometry = { stride: [1, 1], padding: [1, 1], dilation: [1, 1] };
const IMAGES = [1, 32, 16, 16];
const FILTERS = [32, 32, 3, 3];
const MIB = 2 ** 20;
const OPTIONS = { threads: 1, fused: false, memory: 64 * MIB };

function draw(machine: Machine, shape: Shape, seed: number): WasmOperand {
  const buffer = machine.allocate(shape);
  machine.floats(buffer).set(normalNumbers(randomKey(seed), sizeOf(shape)));
  return { shape, dtype: "float32", buffer };
}

/** A machine, images and a weight on it, and the numbers of their convolution. */
function start() {
  const machine = startMachine(OPTIONS);
  const [x, weight] = [draw(machine, IMAGES, 1), draw(machine, FILTERS, 2)];
  const { conv2d, conv2dInput } = convolutionKernels(machine);
  const read = (y: WasmBuffer) => {
    const numbers = Float32Array.from(machine.floats(y));
    machine.free(y);
    return numbers;
  };
  return {
    machine,
    weight,
    convolve: (w = weight) => read(conv2d(x, w, GEOMETRY, IMAGES)),
    convolveInput: () => read(conv2dInput(x, weight, GEOMETRY, IMAGES)),
    used: () => machine.heap.statistics().used,
  };
}

Deno.test("filters are prepared once for each direction, and go with their weight", () => {
  const { machine, weight, convolve, convolveInput, used } = start();
  const before = used();
  const first = [convolve(), convolveInput()];
  const kept = used() - before;
  ok(kept >= 2 * 36 * 32 * 32 * 4 && kept < 3 * 36 * 32 * 32 * 4, `${kept}`);
  deepEqual([convolve(), convolveInput()], first);
  equal(used() - before, kept);
  machine.free(weight.buffer);
  equal(used(), before - sizeOf(FILTERS) * 4);
});

Deno.test("a weight that is written to is prepared again", () => {
  const { machine, weight, convolve, used } = start();
  const first = convolve();
  const other = draw(machine, FILTERS, 3);
  const before = used();
  elementwiseKernels(machine).accumulate(weight, other);
  ok(used() < before);
  const second = convolve();
  notDeepEqual(second, first);
  const copy = draw(machine, FILTERS, 4);
  machine.floats(copy.buffer).set(machine.floats(weight.buffer));
  deepEqual(second, convolve(copy));
});

Deno.test("a full heap gets back what is kept, first of all", () => {
  const { machine, convolve } = start();
  const first = convolve();
  const { largestFree, blocks } = machine.heap.statistics();
  const all = machine.allocate([(largestFree + MIB / 8) / 4]);
  // The new block stands where the filters stood.
  equal(machine.heap.statistics().blocks, blocks);
  machine.free(all);
  deepEqual(convolve(), first);
});

Deno.test("filters that are kept while memory runs out do not go while they are in use", () => {
  const { machine } = start();
  const source = machine.scratchBlock(MIB);
  const form = { name: "form", bytes: MIB, fill: () => {} };
  machine.withPrepared(source.address, form, () => {});
  const { blocks } = machine.heap.statistics();
  const fail = () =>
    machine.withPrepared(source.address, form, () => void machine.scratchBlock(64 * MIB));
  throws(() => machine.attempt(fail), /Cannot allocate memory/);
  equal(machine.heap.statistics().blocks, blocks - 1, "it is kept, or lost");
});

Deno.test("what is kept is given back once, even if memory runs out later in the same kernel", () => {
  const { machine } = start();
  const source = machine.scratchBlock(MIB);
  const { blocks } = machine.heap.statistics();
  const run = () =>
    machine.attempt(() => {
      machine.withPrepared(source.address, { name: "form", bytes: MIB, fill: () => {} }, () => {});
      machine.scratchBlock(64 * MIB);
    });
  throws(run, /Cannot allocate memory/);
  equal(machine.heap.statistics().blocks, blocks);
});

Deno.test("other tiles mean other filters", () => {
  const { machine, convolve, used } = start();
  const before = used();
  const first = convolve();
  restartMachine(machine, { ...OPTIONS, fused: true });
  equal(used(), before);
  deepEqual(convolve(), first);
});

Deno.test("of too much the blocks go that were not used for longest", () => {
  const freed: number[] = [];
  const prepared = new Prepared(100, ({ address }) => freed.push(address));
  const block = (address: number): WasmBuffer => ({ address, bytes: 40, layout: "rowMajor" });
  prepared.keep(1, "a", block(10));
  prepared.keep(2, "a", block(20));
  const again = prepared.take(1, "a");
  equal(prepared.take(1, "a"), undefined, "it is in use");
  prepared.keep(1, "a", again ?? block(0));
  prepared.keep(3, "a", block(30));
  deepEqual(freed, [20]);
  prepared.keep(3, "b", block(31));
  deepEqual(freed, [20, 10]);
  prepared.drop(3);
  deepEqual(freed, [20, 10, 30, 31]);
  equal(prepared.dropAll(), false);
});
