/**
 * Reductions of the `webgpu` device.
 *
 * @module
 */

import type { Kernels } from "../../device.ts";
import type { WebgpuBuffer } from "../buffer.ts";
import type { Gpu } from "../gpu.ts";
import { argmax } from "./argmax.ts";
import { sumTo } from "./sum_to.ts";

/** The reductions of a GPU. */
export function reductionKernels(gpu: Gpu): Pick<Kernels<WebgpuBuffer>, "sumTo" | "argmax"> {
  return {
    sumTo: (x, shape) => sumTo(gpu, x, shape),
    argmax: (x) => argmax(gpu, x),
  };
}
