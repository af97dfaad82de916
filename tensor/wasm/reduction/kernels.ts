/**
 * Reductions: sums over axes, and positions of maxima.
 *
 * @module
 */

import type { Kernels } from "../../device.ts";
import { type Shape, sizeOf } from "../../shape.ts";
import type { WasmBuffer, WasmOperand } from "../buffer.ts";
import { withLayout } from "../layout.ts";
import type { Machine } from "../machine.ts";
import { clear } from "../movement/clear.ts";
import { argmaxFloats, argmaxIntegers } from "./argmax.ts";
import { sumIntegers } from "./integers.ts";
import { sumTo } from "./sum_to.ts";

/** The reduction kernels of a machine. */
export function reductionKernels(
  machine: Machine,
): Pick<Kernels<WasmBuffer>, "sumTo" | "argmax"> {
  return {
    sumTo: (x, shape) =>
      x.dtype === "int32" ? sumIntegersTo(machine, x, shape) : sumTo(machine, x, shape),
    argmax: (x) => argmax(machine, x),
  };
}

function sumIntegersTo(machine: Machine, x: WasmOperand, shape: Shape): WasmBuffer {
  return withLayout(machine, x, "rowMajor", (from) => {
    const to = machine.allocate(shape);
    sumIntegers(machine.integers(to), machine.integers(from), x.shape, shape);
    return to;
  });
}

const ELEMENTS_PER_TASK = 32768;

function argmax(machine: Machine, x: WasmOperand): WasmBuffer {
  return withLayout(machine, x, "rowMajor", (from) => {
    const shape = x.shape.slice(0, -1);
    const to = machine.allocate(shape);
    const rows = sizeOf(shape);
    const length = x.shape[x.shape.length - 1];
    if (length === 0) {
      clear(machine, to.address, to.bytes);
      return to;
    }
    const perTask = Math.ceil(ELEMENTS_PER_TASK / length);
    const kernel = x.dtype === "int32" ? argmaxIntegers : argmaxFloats;
    const args = [to.address, from.address, length, rows, perTask];
    machine.run(kernel, Math.ceil(rows / perTask), args);
    return to;
  });
}
