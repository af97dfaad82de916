/**
 * What each invocation found of its units, as four numbers, and how a workgroup makes one of all that
 * belongs to a channel: each lane its own chunk by chunk, then a tree over the lanes.
 *
 * @module
 */

import type { WebgpuBuffer } from "../buffer.ts";
import type { Gpu } from "../gpu.ts";
import { type Bindings, groupProgram, type Numbers, type Parts } from "../program.ts";
import { CHANNEL_CODE, type Channels, LANES } from "./channels.ts";

/** A buffer for what all invocations find. */
export function allocatePartials(gpu: Gpu, { count, numbers }: Channels): WebgpuBuffer {
  return gpu.allocate([count, numbers.chunks, LANES, 4]);
}

/** WGSL that keeps what an invocation found, a vec4f. */
export function keepPartial(found: string): string {
  return `
  partials[(channel * u.chunks + group.x) * ${LANES}u + lane] = ${found};`;
}

/**
 * A program that finishes each channel: `declarations` hold `fn combined(a: vec4f, b: vec4f) -> vec4f`,
 * which takes zeros for nothing, and `body` writes what comes of `all`.
 */
export function finishProgram<R extends Bindings, W extends Bindings, U extends Numbers>(
  { name, reads, writes, numbers, declarations = "", body }: Parts<R, W, U>,
) {
  return groupProgram([LANES, 1, 1], {
    name,
    reads: { partials: "vec4f" as const, ...reads },
    writes,
    numbers: { channels: "u32" as const, chunks: "u32" as const, ...numbers },
    declarations: `
var<workgroup> found: array<vec4f, ${LANES}>;
${declarations}`,
    body: `${CHANNEL_CODE}
  let start = channel * u.chunks * ${LANES}u + lane;
  var own = partials[start];
  for (var chunk = 1u; chunk < u.chunks; chunk++) {
    own = combined(own, partials[start + chunk * ${LANES}u]);
  }
  found[lane] = own;
  for (var half = ${LANES / 2}u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { found[lane] = combined(found[lane], found[lane + half]); }
  }
  if (lane > 0u) { return; }
  let all = found[0];${body}`,
  });
}
