/**
 * Random numbers, from the streams that every device draws.
 *
 * @module
 */

import type { Kernels, Result } from "../device.ts";
import type { RandomKey } from "../random.ts";
import { sizeOf } from "../shape.ts";
import type { WebgpuBuffer } from "./buffer.ts";
import type { Gpu } from "./gpu.ts";
import { eachProgram } from "./program.ts";

const ROTATIONS = [[13, 15, 26, 6], [17, 29, 16, 24]];

/** Threefry-2x32 with 20 rounds: see tensor/random.ts. */
const THREEFRY = `
fn threefry(key: vec2u, counter: vec2u) -> vec2u {
  let schedule = vec3u(key, key.x ^ key.y ^ 0x1BD11BDAu);
  var a = counter.x + schedule.x;
  var b = counter.y + schedule.y;
${
  [1, 2, 3, 4, 5].flatMap((group) => [
    ...ROTATIONS[(group - 1) % 2].map((rotation) =>
      `  a += b; b = ((b << ${rotation}u) | (b >> ${32 - rotation}u)) ^ a;`
    ),
    `  a += schedule[${group % 3}]; b += schedule[${(group + 1) % 3}] + ${group}u;`,
  ]).join("\n")
}
  return vec2u(a, b);
}`;

/** A block of Threefry is two numbers, two blocks are a four. */
const uniformProgram = eachProgram({
  name: "uniform",
  reads: {},
  writes: { out: "vec4f" },
  numbers: { first: "u32", second: "u32" },
  declarations: THREEFRY,
  body: `
  let key = vec2u(u.first, u.second);
  let words = vec4u(threefry(key, vec2u(2u * i, 0u)), threefry(key, vec2u(2u * i + 1u, 0u)));
  out[i] = vec4f(words >> vec4u(8u)) * 0x1p-24f;`,
});

/** The random kernels of a GPU. */
export function randomKernels(gpu: Gpu): Pick<Kernels<WebgpuBuffer>, "uniform"> {
  return {
    uniform: ([first, second]: RandomKey, { shape }: Result) => {
      const out = gpu.allocate(shape);
      gpu.each(uniformProgram, Math.ceil(sizeOf(shape) / 4), { out }, { first, second });
      return out;
    },
  };
}
