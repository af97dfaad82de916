/**
 * The transpose of matrices by way of tiles in workgroup memory: a GPU reads and writes neighbours
 * together, and these are neighbours in either of the two only.
 *
 * @module
 */

import type { Shape } from "../../shape.ts";
import type { WebgpuBuffer } from "../buffer.ts";
import type { Gpu } from "../gpu.ts";
import { groupProgram, MOST_GROUPS } from "../program.ts";
import type { Walk } from "../walk.ts";

const TILE = 32;
/** Rows that a workgroup reads or writes at a time. */
const ROWS = 8;
/** One more than a tile has, so that the elements of its columns lie in different banks of memory. */
const PITCH = TILE + 1;

const program = groupProgram([TILE, ROWS, 1], {
  name: "transpose",
  reads: { xs: "u32" },
  writes: { out: "u32" },
  numbers: { rows: "u32", columns: "u32" },
  declarations: `var<workgroup> tile: array<u32, ${TILE * PITCH}>;`,
  body: `
  let start = group.z * u.rows * u.columns;
  let corner = ${TILE} * group.xy;
  for (var y = local.y; y < ${TILE}; y += ${ROWS}) {
    let at = corner + vec2u(local.x, y);
    if (at.x < u.columns && at.y < u.rows) {
      tile[y * ${PITCH} + local.x] = xs[start + at.y * u.columns + at.x];
    }
  }
  workgroupBarrier();
  for (var y = local.y; y < ${TILE}; y += ${ROWS}) {
    let at = corner + vec2u(y, local.x);
    if (at.x < u.columns && at.y < u.rows) {
      out[start + at.x * u.rows + at.y] = tile[local.x * ${PITCH} + y];
    }
  }`,
});

/** From [batch, rows, columns] to [batch, columns, rows]. */
export function transpose(
  gpu: Gpu,
  x: WebgpuBuffer,
  [batch, rows, columns]: Shape,
  out: WebgpuBuffer,
): void {
  const groups = [Math.ceil(columns / TILE), Math.ceil(rows / TILE), batch] as const;
  gpu.groups(program, groups, { xs: x, out }, { rows, columns });
}

/** [batch, rows, columns] of x, if a permuted copy that walks so over x and out is worth tiles. */
export function transposedShape({ lengths, steps: [xSteps] }: Walk): Shape | undefined {
  const [rows, columns] = [lengths[lengths.length - 1], lengths[lengths.length - 2]];
  if (lengths.length < 2 || lengths.length > 3) return undefined;
  const [step, stepOver] = [xSteps[lengths.length - 1], xSteps[lengths.length - 2]];
  if (step !== columns || stepOver !== 1) return undefined;
  const batch = lengths.length === 3 ? lengths[0] : 1;
  if (lengths.length === 3 && xSteps[0] !== rows * columns) return undefined;
  const isSmall = rows < TILE / 2 || columns < TILE / 2;
  const isTooLarge = Math.max(rows / TILE, columns / TILE, batch) > MOST_GROUPS;
  return isSmall || isTooLarge ? undefined : [batch, rows, columns];
}
