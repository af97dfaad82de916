/**
 * a · x + b · y in one pass.
 *
 * @module
 */

import { f32, f32x4, v128 } from "./assembler/mod.ts";
import type { Kernels } from "../device.ts";
import type { WasmBuffer } from "./buffer.ts";
import { CHUNK, elementAt, moveOn } from "./elementwise/flat.ts";
import { clearPadding, isPadded } from "./elementwise/padding.ts";
import { kernel } from "./kernel.ts";
import { withLayout } from "./layout.ts";
import type { Machine } from "./machine.ts";

/** Vectors a turn; what is too many falls into the rest of the block. */
const VECTORS = 4;

/** Both products are rounded before they are added up, as `scale` and `add` would. */
const COMBINE = kernel(
  "combine",
  { out: "heap", x: "heap", y: "heap", count: "i32", a: "f64", b: "f64" },
  (k, args) => {
    const a = k.let(f32x4.splat(f32.demoteF64(args.a)));
    const b = k.let(f32x4.splat(f32.demoteF64(args.b)));
    const first = k.let(args.task.times(CHUNK));
    const out = k.let(elementAt(args.out, first));
    const x = k.let(elementAt(args.x, first));
    const y = k.let(elementAt(args.y, first));
    const left = k.let(args.count.minus(first));
    k.repeat(left.atMost(CHUNK).plus(4 * VECTORS - 1).dividedBy(4 * VECTORS), () => {
      for (let offset = 0; offset < 16 * VECTORS; offset += 16) {
        const xTerm = f32x4.mul(v128.load(x, offset), a);
        const yTerm = f32x4.mul(v128.load(y, offset), b);
        k.store(out, f32x4.add(xTerm, yTerm), offset);
      }
      moveOn(k, [out, x, y], 16 * VECTORS);
    });
  },
);

/** The kernel of a machine; the result has x's layout. */
export function combineKernels(machine: Machine): Pick<Kernels<WasmBuffer>, "combine"> {
  return {
    combine: (x, a, y, b) => {
      const { address, layout } = x.buffer;
      if (layout === "windowPlaces") {
        throw new TypeError("Cannot combine places of window maxima: cast them first");
      }
      return withLayout(machine, y, layout, (yBuffer) => {
        const out = machine.allocate(x.shape, layout);
        const count = out.bytes / 4;
        const args = [out.address, address, yBuffer.address, count, a, b];
        machine.run(COMBINE, Math.ceil(count / CHUNK), args);
        // Lanes that are no channel's are 0, not −0 or NaN.
        const keepsZero = Object.is(0 * Math.fround(a) + 0 * Math.fround(b), 0);
        if (!keepsZero && isPadded(layout, x.shape)) clearPadding(machine, out, x.shape);
        return out;
      });
    },
  };
}
