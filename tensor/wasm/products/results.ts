/**
 * Results of a product on their way from tiles to rows.
 *
 * @module
 */

import { type Body, f32, f32x4, v128, type Value } from "../assembler/mod.ts";

/** Products in scratch: panels of rows of `width` floats. */
export interface Products {
  readonly products: Value<"scratch">;
  readonly panelBytes: number;
  readonly width: number;
}

/** Rows of a matrix: `length` floats of each, `pitch` floats from one to the next. */
export interface RowsOfResults {
  readonly length: Value<"i32">;
  readonly pitch: Value<"i32">;
  readonly rows: Value<"i32">;
}

/** Writes rows, the bias added. The length is a multiple of four. */
export function writeRows(
  k: Body,
  { products, panelBytes, width }: Products,
  to: Value<"heap">,
  { length, pitch, rows }: RowsOfResults,
  bias: Value<"heap">,
): void {
  const row = k.let(to);
  const shift = k.let(bias);
  const from = k.let(products);
  const panel = k.local("scratch");
  const rowBytes = k.let(length.shiftedLeft(2));
  k.repeat(rows, () => {
    k.set(panel, from);
    k.for(0, rowBytes, width * 4, (start) => {
      const bytes = k.let(rowBytes.minus(start).atMost(width * 4));
      k.for(0, bytes, 16, (at) => {
        const place = k.let(start.plus(at));
        k.store(
          row.plus(place),
          f32x4.add(v128.load(panel.plus(at)), v128.load(shift.plus(place))),
        );
      });
      k.advance(panel, panelBytes);
    });
    k.advance(row, pitch.shiftedLeft(2));
    k.advance(from, width * 4);
  });
}

/** The same for rows of any length, without a bias. */
export function writeUnevenRows(
  k: Body,
  { products, panelBytes, width }: Products,
  to: Value<"heap">,
  { length, pitch, rows }: RowsOfResults,
): void {
  const row = k.let(to);
  const from = k.let(products);
  const panel = k.local("scratch");
  const rowBytes = k.let(length.shiftedLeft(2));
  k.repeat(rows, () => {
    k.set(panel, from);
    k.for(0, rowBytes, width * 4, (start) => {
      const bytes = k.let(rowBytes.minus(start).atMost(width * 4));
      const whole = k.let(bytes.and(-16));
      const here = k.let(row.plus(start));
      k.for(0, whole, 16, (at) => k.store(here.plus(at), v128.load(panel.plus(at))));
      k.for(whole, bytes, 4, (at) => k.store(here.plus(at), f32.load(panel.plus(at))));
      k.advance(panel, panelBytes);
    });
    k.advance(row, pitch.shiftedLeft(2));
    k.advance(from, width * 4);
  });
}
