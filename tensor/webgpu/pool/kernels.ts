/**
 * The positions that max-pooling chooses.
 *
 * @module
 */

import type { Kernels } from "../../device.ts";
import { sizeOf, type Windows } from "../../shape.ts";
import type { WebgpuBuffer } from "../buffer.ts";
import type { Gpu } from "../gpu.ts";
import { argmaxWindows, windowNumbers } from "./sliding.ts";
import { argmaxTiles, isTiled, tileNumbers } from "./tiles.ts";

/** The pool kernels of a GPU. */
export function poolKernels(gpu: Gpu): Pick<Kernels<WebgpuBuffer>, "argmaxPool"> {
  return {
    argmaxPool: (x, kernel, geometry, shape) => {
      const [, , height, width] = x.shape;
      const [, , rows, columns] = shape;
      const windows: Windows = { kernel, geometry, image: [height, width], count: [rows, columns] };
      const out = { ...gpu.allocate(shape), windows };
      const buffers = { xs: x.buffer, out };
      const size = sizeOf(shape);
      if (isTiled(windows)) {
        gpu.each(argmaxTiles(...kernel, x.dtype), size / 4, buffers, tileNumbers(windows));
      } else {
        gpu.each(argmaxWindows(x.dtype), size, buffers, windowNumbers(windows));
      }
      return out;
    },
  };
}
