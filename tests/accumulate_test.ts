/**
 * Gradients are added up in place where nobody else holds them: that must be seen nowhere but in
 * memory and in time.
 */

import { deepEqual, equal, ok } from "node:assert/strict";
import { add, exp, grad, mul, reshape, scale, sum, sumTo, valueAndGrad } from "../autograd/mod.ts";
import { jointDerivative, taped } from "../autograd/tape.ts";
import { tensor } from "../tensor/creation.ts";
import type { Device, HostArray, Kernels } from "../tensor/device.ts";
import { jsDevice } from "../tensor/js/device.ts";
import { launch } from "../tensor/launch.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { fc } from "./fast_check.ts";
import { FIXED } from "./host_operands.ts";

let inPlace = 0;
let plainAdditions = 0;
const kernels: Kernels<HostArray> = {
  ...jsDevice.kernels,
  accumulate: (into, x) => {
    inPlace++;
    jsDevice.kernels.accumulate(into, x);
  },
  add: (x, y, shape) => {
    plainAdditions++;
    return jsDevice.kernels.add(x, y, shape);
  },
};
const device: Device<HostArray> = { ...jsDevice, kernels };

function matrix(numbers: readonly number[]): Tensor {
  return tensor([...numbers], [2, 2], { dtype: "float64", device });
}

/** x + y, by a rule that returns one new tensor as the gradient of both. */
function twin(x: Tensor, y: Tensor): Tensor {
  const total = launch("twin", [x, y], x.shape, (kernels) => kernels.add(x, y, x.shape));
  return taped("twin", total, [
    jointDerivative([x, y], [], (g) => {
      const both = scale(g, 1);
      return [both, both];
    }),
  ]);
}

/** Ops of two matrices, among them such as hand their gradient on, shared or under another shape. */
const OPS = {
  add,
  twin,
  mul: (x: Tensor, y: Tensor) => scale(mul(x, y), 0.5),
  reshape: (x: Tensor, y: Tensor) => add(reshape(reshape(x, [4]), [2, 2]), y),
  sumTo: (x: Tensor, y: Tensor) => add(sumTo(x, [1, 2]), sumTo(y, [2, 2])),
  scale: (x: Tensor, _: Tensor) => scale(x, -0.75),
};

const elements = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), {
  minLength: 4,
  maxLength: 4,
});
const graphs = fc.record({
  inputs: fc.array(elements, { minLength: 1, maxLength: 3 }),
  nodes: fc.array(
    fc.record({
      op: fc.constantFrom(...Object.values(OPS)),
      // Counted from the node back.
      x: fc.nat(3),
      y: fc.nat(3),
    }),
    { minLength: 1, maxLength: 20 },
  ),
});

Deno.test("gradients of random graphs are those of plain addition, and inputs stay as they are", () => {
  inPlace = 0;
  fc.assert(
    fc.property(graphs, ({ inputs, nodes }) => {
      scope(() => {
        const xs = inputs.map(matrix);
        const loss = (xs: Tensor[]) => {
          const values = [...xs];
          for (const { op, x, y } of nodes) {
            const back = (by: number) => values[values.length - 1 - by % values.length];
            values.push(op(back(x), back(y)));
          }
          // Of the last alone: sums of others would make gradients that nobody shares.
          return sum(values[values.length - 1]);
        };
        const gradients = grad(loss)(xs);
        const before = inPlace;
        // The inner sweep is all made of `one`, which the outer tape watches: no sum may be in place.
        const plainly = (one: Tensor): [Tensor, Tensor[]] => {
          const plain = grad((xs: Tensor[]) => mul(loss(xs), one))(xs);
          equal(inPlace, before);
          return [one, plain];
        };
        const [[, plain]] = valueAndGrad(plainly)(tensor(1, [], { dtype: "float64", device }));
        gradients.forEach((g, i) => deepEqual(g.dataSync(), plain[i].dataSync()));
        xs.forEach((x, i) => deepEqual([...x.dataSync()], inputs[i]));
      });
    }),
    FIXED,
  );
  ok(inPlace > 100);
});

Deno.test("a tensor used many times costs one buffer for its gradient and no addition", () => {
  const x = matrix([1, 2, 3, 4]);
  scope(() => {
    const uses = Array.from({ length: 10 }, (_, i) => i);
    const loss = (x: Tensor) => {
      const total = uses.map((i) => sum(scale(x, i))).reduce((x, y) => add(x, y));
      [inPlace, plainAdditions] = [0, 0];
      return total;
    };
    const gradient = grad(loss)(x);
    deepEqual([inPlace, plainAdditions], [9, 0]);
    deepEqual([...gradient.dataSync()], [45, 45, 45, 45]);
  });
});

Deno.test("a share that is shared is added to one that is not", () => {
  const xs = [matrix([1, 2, 3, 4]), matrix([5, 6, 7, 8])];
  scope(() => {
    const [a, b] = grad(([x, y]: Tensor[]) => {
      const doubled = scale(x, 2);
      const total = sum(add(doubled, add(x, y)));
      [inPlace, plainAdditions] = [0, 0];
      return total;
    })(xs);
    deepEqual([inPlace, plainAdditions], [1, 0]);
    deepEqual([...a.dataSync()], [3, 3, 3, 3]);
    deepEqual([...b.dataSync()], [1, 1, 1, 1]);
  });
});

Deno.test("a kept tensor that a rule hands out as a gradient does not change", () => {
  const slope = matrix([1, 2, 3, 4]);
  /** ⟨slope, x⟩, for an incoming gradient of 1. */
  const along = (x: Tensor, slope: Tensor) => {
    const y = sum(mul(x, slope));
    const result = launch("along", [y], [], () => y.buffer);
    return taped("along", result, [jointDerivative([x], [slope], (_, slope) => [slope])]);
  };
  const x = matrix([1, 1, 1, 1]);
  scope(() => {
    const twice = grad((x) => add(along(x, slope), along(x, slope)))(x);
    deepEqual([...twice.dataSync()], [2, 4, 6, 8]);
    // The function's own handle is gone by the sweep: the tape's is the only one of some.
    const squares = grad((x) => add(along(x, exp(slope)), sum(scale(x, 3))))(x);
    deepEqual([...squares.dataSync()], [1, 2, 3, 4].map((v) => Math.exp(v) + 3));
  });
  deepEqual([...slope.dataSync()], [1, 2, 3, 4]);
  deepEqual([...x.dataSync()], [1, 1, 1, 1]);
});

Deno.test("gradients of one buffer that are handed out stay apart", () => {
  scope(() => {
    const xs = [matrix([1, 2, 3, 4]), matrix([5, 6, 7, 8])];
    const [a, b] = grad(([x, y]: Tensor[]) => add(sum(twin(x, y)), sum(scale(x, 2))))(xs);
    deepEqual([...a.dataSync()], [3, 3, 3, 3]);
    deepEqual([...b.dataSync()], [1, 1, 1, 1]);
  });
});
