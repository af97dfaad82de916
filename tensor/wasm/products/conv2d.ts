/**
 * Convolution and its two transposes, each by the way that its plan says.
 *
 * Images are read and written in channels-last order. See plan.ts for the ways, and winograd/ and patches/
 * for how far each is from the exact result.
 *
 * @module
 */

import type { Kernels } from "../../device.ts";
import type { Geometry, Shape } from "../../shape.ts";
import { paddedChannels, type WasmBuffer, type WasmOperand } from "../buffer.ts";
import { withLayout } from "../layout.ts";
import type { Machine } from "../machine.ts";
import type { FilterBank, Images, Window } from "./images.ts";
import * as patches from "./patches/run.ts";
import { type Plan, planConvolution } from "./plan.ts";
import { spreadImages } from "./spread.ts";
import { FOUR_BY_FOUR } from "./winograd/four_by_four.ts";
import * as winograd from "./winograd/run.ts";
import { TWO_BY_TWO } from "./winograd/two_by_two.ts";

const ALGORITHMS = { "winograd 4×4": FOUR_BY_FOUR, "winograd 2×2": TWO_BY_TWO } as const;

type Convolutions = Pick<Kernels<WasmBuffer>, "conv2d" | "conv2dInput" | "conv2dWeight">;

/** The kernels of convolution; `onPlan` is told every choice. */
export function convolutionKernels(
  machine: Machine,
  onPlan: (plan: Plan) => void = () => {},
): Convolutions {
  return {
    conv2d: (x, weight, geometry, shape, bias) =>
      withLayout(
        machine,
        x,
        "channelsLast",
        (images) =>
          withLayout(machine, weight, "rowMajor", ({ address }) => {
            const [outs, ins, ...size] = weight.shape as FilterShape;
            const taps = size[0] * size[1];
            const strides = { outStride: ins * taps, inStride: taps, turned: false };
            const bank = { address, outs, ins, ...strides };
            const window = { ...geometry, size };
            return correlate("conv2d", imagesOf(images, x.shape), bank, window, shape, bias);
          }),
      ),

    conv2dInput: (g, weight, geometry, shape) =>
      withLayout(
        machine,
        g,
        "channelsLast",
        (maps) =>
          withLayout(machine, weight, "rowMajor", ({ address }) => {
            const [outs, ins, ...size] = weight.shape as FilterShape;
            const taps = size[0] * size[1];
            const strides = { outStride: taps, inStride: ins * taps, turned: true };
            const bank = { address, outs: ins, ins: outs, ...strides };
            const window = turnedWindow(geometry, size);
            const spread = spreadImages(machine, imagesOf(maps, g.shape), geometry.stride);
            const result = correlate("conv2dInput", spread.images, bank, window, shape);
            spread.free();
            return result;
          }),
      ),

    conv2dWeight: (x, g, geometry, shape) =>
      withLayout(
        machine,
        x,
        "channelsLast",
        (xBlock) =>
          withLayout(machine, g, "channelsLast", (gBlock) => {
            const [outs, ins, ...size] = shape as FilterShape;
            const window = { ...geometry, size };
            const [images, maps] = [imagesOf(xBlock, x.shape), imagesOf(gBlock, g.shape)];
            const gradients = machine.allocate(shape);
            if ([xBlock, gBlock, gradients].some(({ bytes }) => bytes === 0)) {
              machine.floats(gradients).fill(0);
              return gradients;
            }
            const plan = planConvolution("conv2dWeight", images, window, maps);
            onPlan(plan);
            const sizes = [outs, ins] as const;
            if (plan.method === "patches") {
              patches.convolveWeight(machine, images, maps, window, gradients, sizes);
            } else {
              const algorithm = ALGORITHMS[plan.method];
              const { padding } = window;
              winograd.convolveWeight(machine, algorithm, images, maps, padding, gradients, sizes);
            }
            return gradients;
          }),
      ),
  };

  function correlate(
    face: Plan["face"],
    images: Images,
    bank: FilterBank,
    window: Window,
    shape: Shape,
    bias?: WasmOperand,
  ): WasmBuffer {
    const block = machine.allocate(shape, "channelsLast");
    const results = imagesOf(block, shape);
    if (block.bytes === 0) return block;
    const shift = biasLanes(machine, results.lanes, bias);
    if (images.lanes === 0) {
      const pixels = machine.floats(block);
      for (let at = 0; at < pixels.length; at += results.lanes) {
        pixels.set(machine.floats(shift), at);
      }
    } else {
      const plan = planConvolution(face, images, window, results);
      onPlan(plan);
      if (plan.method === "patches") {
        patches.convolve(machine, images, bank, shift, window, results);
      } else {
        const algorithm = ALGORITHMS[plan.method];
        winograd.convolve(machine, algorithm, images, bank, shift, window.padding, results);
      }
    }
    machine.free(shift);
    return block;
  }
}

type FilterShape = [outs: number, ins: number, rows: number, columns: number];

function imagesOf({ address }: WasmBuffer, [count, channels, height, width]: Shape): Images {
  return { address, count, height, width, lanes: paddedChannels(channels) };
}

/** The window by which gradients that were spread by the stride are correlated with turned filters. */
function turnedWindow({ padding, dilation }: Geometry, size: [number, number]): Window {
  const border = (i: 0 | 1) => dilation[i] * (size[i] - 1) - padding[i];
  return { size, stride: [1, 1], dilation, padding: [border(0), border(1)] };
}

/** The bias of each lane: zeros for those that pad, and for all if there is none. */
function biasLanes(machine: Machine, lanes: number, bias?: WasmOperand): WasmBuffer {
  const block = machine.allocate([lanes]);
  const numbers = machine.floats(block);
  numbers.fill(0);
  if (bias !== undefined) numbers.set(machine.floats(bias.buffer));
  return block;
}
