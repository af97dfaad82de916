import { type HostArray, hostArray, type Operand } from "../device.ts";

/** a · x + b · y. */
export function combine(
  { dtype, buffer: xs }: Operand<HostArray>,
  a: number,
  { buffer: ys }: Operand<HostArray>,
  b: number,
): HostArray {
  const out = hostArray(dtype, xs.length);
  for (let i = 0; i < out.length; i++) out[i] = a * xs[i] + b * ys[i];
  return out;
}
