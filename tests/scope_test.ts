/**
 * Who holds memory, and when it is freed.
 */

import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { add, cast, exp, mul, reshape, stopGradient, sum } from "../autograd/mod.ts";
import { tensor, zeros } from "../tensor/creation.ts";
import type { Device, HostArray } from "../tensor/device.ts";
import { jsDevice } from "../tensor/js/device.ts";
import { permutation, randomKey } from "../tensor/random.ts";
import { scope } from "../tensor/scope.ts";
import { memory } from "../tensor/storage.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { disposeReplaced } from "../tensor/tree.ts";
import { fc } from "./fast_check.ts";
import { FIXED } from "./host_operands.ts";

/** Runs something and returns how many tensors and bytes are left of it. */
function left(body: () => void): [tensors: number, bytes: number] {
  const before = memory();
  body();
  const after = memory();
  return [after.tensors - before.tensors, after.bytes - before.bytes];
}

Deno.test("a scope frees all it made but what it returns, in any tree", () => {
  let kept: { a: Tensor; rest: Tensor[] } | undefined;
  deepEqual(
    left(() => {
      kept = scope(() => {
        const x = tensor([1, 2, 3]);
        const y = exp(x);
        mul(y, y);
        return { a: y, rest: [add(x, 1), tensor(5)] };
      });
    }),
    [3, 28],
  );
  ok(kept !== undefined);
  equal(kept.rest[1].dataSync()[0], 5);
  deepEqual(left(() => [kept?.a, ...kept?.rest ?? []].forEach((x) => x?.dispose())), [-3, -28]);
});

Deno.test("what an inner scope returns belongs to the scope around it", () => {
  deepEqual(
    left(() => {
      scope(() => {
        const inner = scope(() => scope(() => tensor([1, 2])));
        equal(inner.dataSync()[1], 2);
      });
    }),
    [0, 0],
  );
});

Deno.test("a scope leaves alone what was made outside, even if it returns it", () => {
  const outside = tensor([1, 2]);
  const returned = scope(() => {
    scope(() => outside);
    return outside;
  });
  equal(returned, outside);
  ok(!outside.disposed);
  scope(() => {
    outside.dispose();
  });
  ok(outside.disposed);
});

Deno.test("a scope hands on results that are no tensors", () => {
  equal(scope(() => 5), 5);
  equal(scope(() => null), null);
  deepEqual(scope(() => [1, "two", { three: 3 }]), [1, "two", { three: 3 }]);
});

Deno.test("a scope that throws frees what it made", () => {
  deepEqual(
    left(() => {
      throws(() =>
        scope(() => {
          exp(tensor([1, 2]));
          scope(() => {
            tensor(4);
            throw new Error("mine");
          });
        }), /^Error: mine$/);
    }),
    [0, 0],
  );
  // And the scopes around are in order again.
  deepEqual(left(() => scope(() => void tensor(1))), [0, 0]);
});

Deno.test("using frees at the end of a block, and dispose may be called twice", () => {
  deepEqual(
    left(() => {
      using x = tensor([1, 2]);
      using y = exp(x);
      y.dispose();
      y.dispose();
      equal(x.dataSync()[0], 1);
    }),
    [0, 0],
  );
});

Deno.test("tensors that share storage count once and live as long as the last of them", () => {
  deepEqual(
    left(() => {
      const x = tensor([1, 2, 3, 4]);
      deepEqual(left(() => scope(() => void reshape(x, [2, 2]))), [0, 0]);
      const matrix = reshape(x, [2, 2]);
      const stopped = stopGradient(matrix);
      const same = cast(stopped, "float32");
      x.dispose();
      matrix.dispose();
      same.dispose();
      deepEqual([...stopped.dataSync()], [1, 2, 3, 4]);
      stopped.dispose();
    }),
    [0, 0],
  );
});

Deno.test("a device is told to free each buffer once, when its last holder lets go", () => {
  const freed: HostArray[] = [];
  const device: Device<HostArray> = { ...jsDevice, free: (buffer) => freed.push(buffer) };
  const x = tensor([1, 2], undefined, { device });
  const { buffer } = x;
  const other = reshape(x, [2, 1]);
  x.dispose();
  equal(freed.length, 0);
  other.dispose();
  other.dispose();
  deepEqual(freed, [buffer]);
});

Deno.test("a scope frees each handle once, in whatever order others were disposed or returned", () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom("keep", "dispose", "return", "inner"), { maxLength: 12 }),
      fc.nat(1e6),
      (fates, seed) => {
        const freed: HostArray[] = [];
        const device: Device<HostArray> = { ...jsDevice, free: (buffer) => freed.push(buffer) };
        const order = permutation(randomKey(seed), fates.length);
        const returned = scope(() => {
          const made = fates.map((fate) => {
            const make = () => tensor([1], [1], { device });
            return fate === "inner" ? scope(make) : make();
          });
          for (const i of order) if (fates[i] === "dispose") made[i].dispose();
          return made.filter((_, i) => fates[i] === "return");
        });
        const count = fates.filter((fate) => fate === "return").length;
        equal(returned.length, count);
        ok(returned.every((x) => !x.disposed));
        equal(freed.length, fates.length - count);
        returned.forEach((x) => x.dispose());
        equal(freed.length, fates.length);
        equal(new Set(freed).size, fates.length);
      },
    ),
    FIXED,
  );
});

Deno.test("memory() counts tensors and bytes by the op that made them, largest first", () => {
  scope(() => {
    const before = memory();
    const large = zeros([1000]);
    const small = exp(tensor([1, 2]));
    const after = memory();
    equal(after.tensors - before.tensors, 3);
    equal(after.bytes - before.bytes, 4016);
    const made = (op: string) => ({
      tensors: (after.byOp[op]?.tensors ?? 0) - (before.byOp[op]?.tensors ?? 0),
      bytes: (after.byOp[op]?.bytes ?? 0) - (before.byOp[op]?.bytes ?? 0),
    });
    deepEqual(made("full"), { tensors: 1, bytes: 4000 });
    deepEqual(made("exp"), { tensors: 1, bytes: 8 });
    deepEqual(made("tensor"), { tensors: 1, bytes: 8 });
    const sizes = Object.values(after.byOp).map(({ bytes }) => bytes);
    deepEqual(sizes, sizes.toSorted((a, b) => b - a));
    equal(large.op, "full");
    equal(small.op, "exp");
  });
});

Deno.test("an op that fails leaves nothing behind", () => {
  using x = tensor([1, 2]);
  deepEqual(
    left(() => scope(() => void throws(() => add(x, tensor([1, 2, 3]))))),
    [0, 0],
  );
});

Deno.test("a replaced tree is freed but for what its successor holds too", () => {
  const shared = tensor(1);
  const before = { a: tensor(2), b: shared };
  const after = { a: tensor(3), b: shared };
  disposeReplaced(before, after);
  ok(before.a.disposed && !shared.disposed && !after.a.disposed);
});

Deno.test("forgotten tensors are counted off when the garbage collector finds them", async () => {
  // Needs a turn of the event loop, and a collector that can be asked: without one, memory pressure.
  const forget = () => {
    for (let i = 0; i < 50; i++) zeros([10_000]);
  };
  const before = memory().byOp.full?.tensors ?? 0;
  forget();
  equal((memory().byOp.full?.tensors ?? 0) - before, 50);
  for (let turn = 0; turn < 200 && (memory().byOp.full?.tensors ?? 0) > before; turn++) {
    Array.from({ length: 50 }, () => new Float64Array(100_000));
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  ok((memory().byOp.full?.tensors ?? 0) < before + 50, "some were found");
});

Deno.test("a handle made in a scope is freed by it and not again by the collector", () => {
  const freed: unknown[] = [];
  const device: Device<HostArray> = { ...jsDevice, free: (buffer) => freed.push(buffer) };
  scope(() => void sum(tensor([1, 2], undefined, { device })));
  equal(freed.length, 2);
});
