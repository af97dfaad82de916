/**
 * The windows of a pool over images.
 *
 * @module
 */

import {
  checkKernel,
  formatShape,
  type Geometry,
  geometry,
  type GeometryOptions,
  type Pair,
  pair,
  windowOutput,
} from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** Windows of one size, how they slide, and how many there are along each axis. */
export interface PoolGeometry {
  readonly window: readonly [number, number];
  readonly slide: Geometry;
  readonly out: readonly [number, number];
}

/**
 * Works out the windows of a pool; the stride is the kernel's size unless told.
 *
 * @throws {TypeError} if x is not [N,C,H,W].
 * @throws {RangeError} if padding is more than half the kernel, the window does not fit, or one would
 * see no pixel.
 */
export function poolGeometry(x: Tensor, kernel: Pair, options: GeometryOptions): PoolGeometry {
  const size = imageSize(x);
  const window = pair(kernel);
  checkKernel("pool", window);
  const slide = geometry("pool", { ...options, stride: options.stride ?? kernel });
  if (slide.padding.some((padding, i) => 2 * padding > window[i])) {
    throw new RangeError(
      `Cannot pool with padding ${formatShape(slide.padding)}: ` +
        `it must be at most half the kernel ${formatShape(window)}`,
    );
  }
  const out = windowOutput("pool", size, window, slide);
  for (const i of [0, 1] as const) {
    for (let start = 0; start < out[i]; start++) {
      const seen = Array.from(
        { length: window[i] },
        (_, k) => start * slide.stride[i] - slide.padding[i] + k * slide.dilation[i],
      );
      if (!seen.some((pixel) => pixel >= 0 && pixel < size[i])) {
        throw new RangeError(
          `Cannot pool ${formatShape(x.shape)} with padding ${formatShape(slide.padding)} and ` +
            `dilation ${formatShape(slide.dilation)}: a window would see nothing but padding`,
        );
      }
    }
  }
  return { window, slide, out };
}

/**
 * The height and width of images.
 *
 * @throws {TypeError} if x is not [N,C,H,W].
 */
export function imageSize(x: Tensor): readonly [number, number] {
  if (x.shape.length !== 4) {
    throw new TypeError(
      `Cannot pool a tensor of shape ${formatShape(x.shape)}: it must be [N,C,H,W]`,
    );
  }
  return [x.shape[2], x.shape[3]];
}
