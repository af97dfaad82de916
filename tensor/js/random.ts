/**
 * Random numbers, from the streams that every device draws.
 *
 * @module
 */

import { type HostArray, hostArray, type Result } from "../device.ts";
import { type RandomKey, randomWords, uniformNumbers } from "../random.ts";
import { sizeOf } from "../shape.ts";

export function uniform(key: RandomKey, out: Result): HostArray {
  const size = sizeOf(out.shape);
  if (out.dtype === "float64") return uniformNumbers(key, size);
  const words = randomWords(key, size);
  const result = hostArray(out.dtype, size);
  for (let i = 0; i < size; i++) result[i] = (words[i] >>> 8) / 2 ** 24;
  return result;
}
