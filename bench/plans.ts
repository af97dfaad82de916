/**
 * How the `wasm` device would compute each measured convolution, and why.
 *
 * @module
 */

import { paddedChannels } from "../tensor/wasm/buffer.ts";
import { formatPlan, planConvolution } from "../tensor/wasm/products/plan.ts";
import type { Case } from "./case.ts";
import type { ConvolutionWork } from "./work.ts";

/** One line for each convolution among the cases. */
export function planLines(cases: readonly Case[]): string[] {
  return cases.flatMap(({ name, work }) =>
    work.kind === "conv2d" || work.kind === "conv2dInput" || work.kind === "conv2dWeight"
      ? [`${name}: ${formatPlan(planOf(work))}`]
      : []
  );
}

function planOf({ kind, batch, inputs, outputs, side }: ConvolutionWork) {
  const maps = (channels: number) => ({
    address: 0,
    count: batch,
    height: side,
    width: side,
    lanes: paddedChannels(channels),
  });
  const window = { size: [3, 3], stride: [1, 1], padding: [1, 1], dilation: [1, 1] } as const;
  const [from, to] = kind === "conv2dInput" ? [outputs, inputs] : [inputs, outputs];
  return planConvolution(kind, maps(from), window, maps(to));
}
