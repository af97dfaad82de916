/**
 * The position of the first maximum along the last axis.
 *
 * @module
 */

import type { DType } from "../../device.ts";
import { sizeOf } from "../../shape.ts";
import type { WebgpuBuffer, WebgpuOperand } from "../buffer.ts";
import type { Gpu } from "../gpu.ts";
import { keysOf } from "../pool/order.ts";
import { eachProgram, programFamily } from "../program.ts";

/** In each row `lanes` invocations side by side, each among every lanes-th element. */
const laneProgram = programFamily((dtype: DType) =>
  eachProgram({
    name: `argmax of ${dtype}`,
    reads: { x: "i32" },
    writes: { positions: "i32" },
    numbers: { length: "u32", lanes: "u32" },
    declarations: keysOf(dtype),
    body: `
  let start = i / u.lanes * u.length;
  var best = i % u.lanes;
  var largest = keysOf(vec4i(x[start + best])).x;
  for (var k = best + u.lanes; k < u.length; k += u.lanes) {
    let key = keysOf(vec4i(x[start + k])).x;
    if (key > largest) {
      largest = key;
      best = k;
    }
  }
  positions[i] = i32(best);`,
  })
);

/** In each row among the lanes' maxima, of which a later lane's may come first. */
const mergeProgram = programFamily((dtype: DType) =>
  eachProgram({
    name: `argmax of lanes of ${dtype}`,
    reads: { x: "i32", candidates: "i32" },
    writes: { positions: "i32" },
    numbers: { length: "u32", lanes: "u32" },
    declarations: keysOf(dtype),
    body: `
  let start = i * u.length;
  var best = candidates[i * u.lanes];
  var largest = keysOf(vec4i(x[start + u32(best)])).x;
  for (var lane = 1u; lane < u.lanes; lane++) {
    let position = candidates[i * u.lanes + lane];
    let key = keysOf(vec4i(x[start + u32(position)])).x;
    if (key > largest || (key == largest && position < best)) {
      largest = key;
      best = position;
    }
  }
  positions[i] = best;`,
  })
);

/** The longest row that one invocation goes through alone. */
const LONGEST_ALONE = 512;

/** int32 position of the first maximum along the last axis, which is dropped; NaN is the largest. */
export function argmax(gpu: Gpu, { shape, dtype, buffer: x }: WebgpuOperand): WebgpuBuffer {
  const rows = sizeOf(shape.slice(0, -1));
  const length = shape[shape.length - 1];
  const lanes = length <= LONGEST_ALONE ? 1 : Math.ceil(Math.sqrt(length));
  const candidates = gpu.allocate([rows, lanes]);
  gpu.each(laneProgram(dtype), rows * lanes, { x, positions: candidates }, { length, lanes });
  if (lanes === 1) return candidates;
  const positions = gpu.allocate([rows]);
  gpu.each(mergeProgram(dtype), rows, { x, candidates, positions }, { length, lanes });
  gpu.free(candidates);
  return positions;
}
