/** `combine` beside the ops that it stands for: on wasm in any layout, and what it refuses. */

import { deepEqual, throws } from "node:assert/strict";
import { combine, tensor } from "../mod.ts";
import { jsDevice } from "../tensor/js/device.ts";
import type { Layout } from "../tensor/wasm/buffer.ts";
import { combineKernels } from "../tensor/wasm/combine.ts";
import { CHUNK } from "../tensor/wasm/elementwise/flat.ts";
import { elementwiseKernels } from "../tensor/wasm/elementwise/mod.ts";
import type { Machine } from "../tensor/wasm/machine.ts";
import { normal } from "./host_operands.ts";
import { checkAllFreed, numbersOf, placed, testMachine } from "./wasm_operands.ts";

/** Ordinary ones; such as make −0 of zeros, or NaN, where a layout pads. */
const FACTORS = [[0.7, 0.1], [1, -0.3], [-1, -2], [0, -0.5], [-Infinity, 1], [1e300, 1]] as const;

/** What `combine` makes must be what `scale` and `add` make. */
function compare(machine: Machine, shape: number[], layouts: readonly [Layout, Layout]): void {
  const [x, y] = [1, 2].map((seed, i) =>
    placed(machine, normal(shape, seed, "float32"), layouts[i])
  );
  const kernels = elementwiseKernels(machine);
  for (const [a, b] of FACTORS) {
    const found = combineKernels(machine).combine(x, a, y, b);
    const terms = [kernels.scale(x, a), kernels.scale(y, b)];
    const [first, second] = terms.map((buffer) => ({ ...x, buffer }));
    const wanted = kernels.add(first, second, shape);
    deepEqual(numbersOf(machine, found, shape), numbersOf(machine, wanted, shape));
    for (const buffer of [found, wanted, ...terms]) machine.free(buffer);
  }
  for (const { buffer } of [x, y]) machine.free(buffer);
  checkAllFreed(machine);
}

Deno.test("on wasm it gives the bits of scale and add, padding zero, in any layout", () => {
  const machine = testMachine({ wide: true });
  for (const one of ["rowMajor", "channelsLast"] as const) {
    for (const other of ["rowMajor", "channelsLast"] as const) {
      for (const shape of [[2, 5, 3, 2], [1, 4, 1, 1], [3, 7], [0, 3, 2]]) {
        compare(machine, shape, [one, other]);
      }
    }
  }
});

Deno.test("on wasm it does all tasks of a large tensor", () => {
  const machine = testMachine({ wide: true, pages: 64 });
  compare(machine, [2 * CHUNK + 5], ["rowMajor", "rowMajor"]);
});

Deno.test("it takes tensors of one shape and dtype, of floats", () => {
  const device = jsDevice;
  const pair = tensor([1, 2], [2], { device });
  throws(() => combine(pair, 1, tensor([1], [1], { device }), 1), {
    name: "TypeError",
    message: "Cannot combine: the second tensor must have shape [2], got [1]",
  });
  throws(() => combine(pair, 1, tensor([1, 2], [2], { device, dtype: "float64" }), 1), TypeError);
  const whole = tensor([1, 2], [2], { device, dtype: "int32" });
  throws(() => combine(whole, 1, whole, 1), TypeError);
});
