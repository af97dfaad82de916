/**
 * Every pixel normalised: (x − mean) · factor + shift.
 *
 * @module
 */

import { type Body, f32x4, type Local, v128, type Vector } from "../assembler/mod.ts";
import type { WasmBuffer } from "../buffer.ts";
import { kernel } from "../kernel.ts";
import type { Machine } from "../machine.ts";
import { type Row, rowOf } from "./constants.ts";
import { blockOf, forParts, type Part, pixelArguments, PIXELS, type Pixels } from "./pixels.ts";

/** Writes x normalised by a table of constants, with or without a ReLU behind. */
export function writeNormalized(
  machine: Machine,
  output: WasmBuffer,
  x: WasmBuffer,
  pixels: Pixels,
  table: WasmBuffer,
  hasRelu: boolean,
): void {
  const args = [output.address, x.address, table.address, ...pixelArguments(pixels)];
  machine.run(hasRelu ? normalizeRelu : normalize, pixels.blocks, args);
}

/** Loads rows of the table for the channels of a part, a record for each vector. */
export function rowsOf<R extends Row>(
  k: Body,
  { table, lanes }: { readonly table: Local<"heap">; readonly lanes: Local<"i32"> },
  ...names: readonly R[]
): (part: Part) => Record<R, Vector>[] {
  const starts = names.map((name) => k.let(rowOf(table, lanes, name)));
  return ({ channel, vectors }) =>
    Array.from({ length: vectors }, (_, v) => {
      const rows = {} as Record<R, Vector>;
      names.forEach((name, i) => {
        rows[name] = k.let(v128.load(starts[i].plus(channel), 16 * v));
      });
      return rows;
    });
}

/**
 * The expression of the forward pass, which the backward one of a ReLU must repeat exactly to find
 * the same signs.
 */
export function normalized(
  deviation: Vector,
  { factor, shift }: { readonly factor: Vector; readonly shift: Vector },
): Vector {
  return f32x4.mulAdd(deviation, factor, shift);
}

function normalizing(name: string, finish: (value: Vector) => Vector) {
  return kernel(name, { output: "heap", x: "heap", table: "heap", ...PIXELS }, (k, args) => {
    const load = rowsOf(k, args, "mean", "factor", "shift");
    forParts(k, blockOf(k, args), [args.output, args.x], 4, (part) => {
      const constants = load(part);
      part.forPixels(([output, x]) => {
        constants.forEach((of, v) => {
          const deviation = f32x4.sub(v128.load(x, 16 * v), of.mean);
          k.store(output, finish(normalized(deviation, of)), 16 * v);
        });
      });
    });
  });
}

const normalize = normalizing("normalize", (value) => value);
const normalizeRelu = normalizing("normalizeRelu", (value) => f32x4.pmax(value, f32x4.const(0)));
