import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { Heap } from "../tensor/wasm/heap.ts";
import { fc } from "./fast_check.ts";

const MIB = 2 ** 20;
const LIMIT = 64 * MIB;

/** Bytes to allocate; or, below 0, which of the live blocks to free. */
type Action = number;

const bytes = fc.oneof(
  fc.integer({ min: 0, max: 300 }),
  fc.integer({ min: 300, max: 5000 }),
  fc.integer({ min: 5000, max: 3 * MIB }),
);
const actions = fc.array(
  fc.oneof({ arbitrary: bytes, weight: 3 }, {
    arbitrary: fc.integer({ min: -1000, max: -1 }),
    weight: 2,
  }),
  { maxLength: 300, size: "max" },
);

const FIXED = { seed: 1, numRuns: 60 };

interface LiveBlock {
  readonly address: number;
  readonly bytes: number;
}

/** Carries the actions out and reports after each which blocks are alive. */
function perform(
  heap: Heap,
  actions: readonly Action[],
  check: (live: readonly LiveBlock[]) => void = () => {},
): LiveBlock[] {
  const live: LiveBlock[] = [];
  for (const action of actions) {
    if (action >= 0) live.push({ address: heap.allocate(action), bytes: action });
    else if (live.length > 0) {
      const [{ address }] = live.splice(-action % live.length, 1);
      heap.free(address);
    }
    check(live);
  }
  return live;
}

function occupied({ bytes }: LiveBlock): number {
  return Math.max(1, Math.ceil(bytes / 64)) * 64;
}

Deno.test("blocks are aligned, lie within the range and do not overlap", () => {
  fc.assert(
    fc.property(actions, fc.integer({ min: 0, max: 10_000 }), (actions, first) => {
      const live = perform(new Heap(first, 2 ** 30), actions);
      live.sort((a, b) => a.address - b.address);
      let end = first;
      for (const block of live) {
        equal(block.address % 64, 0);
        ok(block.address >= end, `${block.address} lies before ${end}`);
        end = block.address + Math.max(1, block.bytes);
      }
      ok(end <= 2 ** 30);
    }),
    FIXED,
  );
});

Deno.test("the statistics are those of the live blocks", () => {
  fc.assert(
    fc.property(actions, (actions) => {
      const heap = new Heap(64, 2 ** 30);
      let peak = 0;
      let touched = 0;
      perform(heap, actions, (live) => {
        const statistics = heap.statistics();
        const used = live.reduce((sum, block) => sum + occupied(block), 0);
        peak = Math.max(peak, used);
        for (const block of live) {
          touched = Math.max(touched, block.address + occupied(block) - 64);
        }
        const { largestFree, ...counted } = statistics;
        deepEqual(counted, { used, peak, touched, reserved: 2 ** 30 - 64, blocks: live.length });
        ok(largestFree <= statistics.reserved - used);
      });
    }),
    { numRuns: 30 },
  );
});

Deno.test("what was freed becomes one piece again", () => {
  fc.assert(
    fc.property(actions, (actions) => {
      const heap = new Heap(0, 2 ** 30);
      const live = perform(heap, actions);
      for (const { address } of live) heap.free(address);
      const { used, blocks, largestFree } = heap.statistics();
      deepEqual({ used, blocks, largestFree }, { used: 0, blocks: 0, largestFree: 2 ** 30 });
      equal(heap.allocate(2 ** 30), 0);
    }),
    FIXED,
  );
});

Deno.test("the largest free piece can be allocated, and no more", () => {
  fc.assert(
    fc.property(actions, (actions) => {
      const heap = new Heap(0, 2 ** 30);
      perform(heap, actions);
      const { largestFree } = heap.statistics();
      throws(() => heap.allocate(largestFree + 1), RangeError);
      heap.allocate(largestFree);
    }),
    FIXED,
  );
});

Deno.test("the same actions give the same addresses", () => {
  fc.assert(
    fc.property(actions, (actions) => {
      deepEqual(perform(new Heap(0, 2 ** 30), actions), perform(new Heap(0, 2 ** 30), actions));
    }),
    FIXED,
  );
});

Deno.test("every unit of a range can be used, even of one smaller than a slab", () => {
  for (const units of [1, 64, 1023, 1500]) {
    const heap = new Heap(0, units * 64);
    const addresses = Array.from({ length: units }, () => heap.allocate(64));
    equal(new Set(addresses).size, units);
    throws(() => heap.allocate(1), RangeError);
    for (const address of addresses) heap.free(address);
    equal(heap.statistics().largestFree, units * 64);
  }
});

Deno.test("addresses go beyond 4 GiB", () => {
  const heap = new Heap(0, 2 ** 34);
  const addresses = Array.from({ length: 5 }, () => heap.allocate(3 * 2 ** 30));
  deepEqual(addresses, [0, 1, 2, 3, 4].map((i) => i * 3 * 2 ** 30));
  const small = heap.allocate(100);
  ok(small >= 15 * 2 ** 30);
  for (const address of [...addresses, small]) heap.free(address);
  equal(heap.statistics().largestFree, 2 ** 34);
});

Deno.test("a freed block is used again before memory that nothing has touched", () => {
  for (const bytes of [10, 4096, 5000, MIB]) {
    const heap = new Heap(0, LIMIT);
    const [a] = Array.from({ length: 3 }, () => heap.allocate(bytes));
    heap.free(a);
    equal(heap.allocate(bytes), a);
  }
});

Deno.test("of several holes the smallest that is large enough is taken", () => {
  const heap = new Heap(0, LIMIT);
  const sizes = [3, 1, 2, 1, 3];
  const addresses = sizes.flatMap((size) => [heap.allocate(size * MIB), heap.allocate(MIB)]);
  for (let i = 0; i < sizes.length; i++) heap.free(addresses[2 * i]);
  equal(heap.allocate(1.5 * MIB), addresses[4]);
  equal(heap.allocate(MIB), addresses[2]);
});

Deno.test("a heap that is full says what was wanted, in use and the limit", () => {
  const heap = new Heap(0, LIMIT, "ask for more");
  heap.allocate(48 * MIB);
  throws(() => heap.allocate(20 * MIB), {
    name: "RangeError",
    message: "Cannot allocate memory: wanted 20.0 MiB, in use 48.0 MiB, limit 64.0 MiB, " +
      "largest free piece 16.0 MiB; ask for more",
  });
  equal(heap.statistics().used, 48 * MIB);
  heap.allocate(16 * MIB);
});

Deno.test("freeing twice, or what was never allocated, is refused and changes nothing", () => {
  const heap = new Heap(0, LIMIT);
  const small = [1, 2, 3].map(() => heap.allocate(128));
  const large = [1, 2, 3].map(() => heap.allocate(MIB));
  heap.free(small[1]);
  heap.free(large[1]);
  const before = heap.statistics();
  const wrong = [small[1], small[0] + 64, small[0] + 1, large[1], large[0] + 64, -64, LIMIT, NaN];
  for (const address of wrong) throws(() => heap.free(address), /^Error: Cannot free address/);
  deepEqual(heap.statistics(), before);
});

Deno.test("steps of training come back to the same blocks, with little room lost between them", () => {
  const heap = new Heap(0, 2 ** 31);
  const weights = Array.from({ length: 40 }, (_, i) => heap.allocate(2000 + 30_000 * i));
  const touched = Array.from({ length: 40 }, () => {
    trainingStep(heap, weights);
    return heap.statistics().touched;
  });
  const { peak, blocks } = heap.statistics();
  equal(blocks, weights.length);
  ok(touched[39] < 1.01 * touched[9], `${touched}`);
  ok(touched[39] < 1.03 * peak, `${touched[39]} of ${peak}`);
});

/** Maps made forward, freed backward among gradients; then new weights in place of the old ones. */
function trainingStep(heap: Heap, weights: number[]): void {
  const layers = weights.map((_, i) => {
    const size = (1 + (7 * i) % 5) * 300_000 + 64 * i;
    const scalar = heap.allocate(4);
    const maps = [size, 512, size].map((bytes) => heap.allocate(bytes));
    heap.free(scalar);
    return { size, maps };
  });
  let gradient = heap.allocate(4);
  for (const { size, maps } of layers.toReversed()) {
    for (const map of maps) {
      const next = heap.allocate(size);
      heap.free(gradient);
      heap.free(map);
      gradient = next;
    }
  }
  heap.free(gradient);
  weights.forEach((address, i) => {
    weights[i] = heap.allocate(2000 + 30_000 * i);
    heap.free(address);
  });
}
