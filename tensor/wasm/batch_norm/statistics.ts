/**
 * The mean and the biased variance of each channel.
 *
 * One pass reads every block of pixels once: it sums the deviations from a channel's rough mean (that
 * of the block's first pixels) and their squares in float32, which loses nothing even if the mean is
 * much larger than the deviations. A second one combines the blocks in float64, in their order.
 * Against float64, a variance is off by some 1e-6 of itself, a mean by some 1e-7 of the deviation.
 *
 * Source: Chan, Golub and LeVeque, "Algorithms for Computing the Sample Variance", The American
 * Statistician 37(3), 1983.
 *
 * @module
 */

import { f32, f32x4, f64x2, scratch, v128, type Value } from "../assembler/mod.ts";
import type { WasmBuffer } from "../buffer.ts";
import { kernel } from "../kernel.ts";
import type { Machine } from "../machine.ts";
import { narrowed, widened } from "../pairs.ts";
import {
  allocatePartials,
  bothPairs,
  combiningTasks,
  doubles,
  forChannelsOfTask,
  forPartials,
  storePartials,
} from "./partials.ts";
import { blockOf, forChannels, forParts, pixelArguments, PIXELS, type Pixels } from "./pixels.ts";

/** Writes the mean and variance of x, which is `channelsLast`, for each of its lanes. */
export function computeStatistics(
  machine: Machine,
  x: WasmBuffer,
  pixels: Pixels,
  mean: WasmBuffer,
  variance: WasmBuffer,
): void {
  const { blocks, lanes } = pixels;
  const partials = allocatePartials(machine, pixels);
  const sums = [partials.address, ...pixelArguments(pixels)];
  machine.run(sumDeviations, blocks, [x.address, ...sums], 3 * 4 * lanes);
  machine.run(combineDeviations, combiningTasks(pixels), [
    mean.address,
    variance.address,
    ...sums,
    blocks,
  ]);
  machine.free(partials);
}

const ROUGH_MEAN_PIXELS = 8;

const sumDeviations = kernel(
  "sumDeviations",
  { x: "heap", partials: "heap", ...PIXELS },
  (k, args) => {
    const { x } = args;
    const block = blockOf(k, args);
    const { pixels, bytesPerPixel } = block;
    const centers = scratch(0);
    const sums = k.let(centers.plus(bytesPerPixel));
    const squares = k.let(sums.plus(bytesPerPixel));

    const some = k.let(pixels.atMost(ROUGH_MEAN_PIXELS));
    forChannels(k, block, (channel) => {
      const at = k.let(x.plus(block.offset).plus(channel));
      const sum = k.local("v128");
      k.set(sum, f32x4.const(0));
      k.repeat(some, () => {
        k.set(sum, f32x4.add(sum, v128.load(at)));
        k.advance(at, bytesPerPixel);
      });
      k.store(centers.plus(channel), f32x4.div(sum, f32x4.splat(f32.convertI32(some))));
      k.store(sums.plus(channel), f32x4.const(0));
      k.store(squares.plus(channel), f32x4.const(0));
    });

    forParts(k, block, [x], 4, (part) => {
      const row = (start: Value<"scratch">) => k.let(start.plus(part.channel));
      const load = (at: Value<"scratch">) =>
        Array.from({ length: part.vectors }, (_, v) => k.let(v128.load(at, 16 * v)));
      const atSums = row(sums);
      const atSquares = row(squares);
      const center = load(row(centers));
      const sum = load(atSums);
      const square = load(atSquares);
      part.forPixels(([x]) => {
        center.forEach((center, v) => {
          const deviation = k.let(f32x4.sub(v128.load(x, 16 * v), center));
          k.set(sum[v], f32x4.add(sum[v], deviation));
          k.set(square[v], f32x4.mulAdd(deviation, deviation, square[v]));
        });
      });
      for (let v = 0; v < part.vectors; v++) {
        k.store(atSums, sum[v], 16 * v);
        k.store(atSquares, square[v], 16 * v);
      }
    });

    const count = k.let(doubles(pixels));
    forChannels(k, block, (channel) => {
      const center = widened(k, v128.load(centers.plus(channel)));
      const sum = widened(k, v128.load(sums.plus(channel)));
      const square = widened(k, v128.load(squares.plus(channel)));
      const total = bothPairs(k, (i) => f64x2.add(f64x2.mul(count, center[i]), sum[i]));
      const aboutMean = bothPairs(
        k,
        (i) => f64x2.sub(square[i], f64x2.div(f64x2.mul(sum[i], sum[i]), count)),
      );
      // Rounding may leave less than nothing of a constant channel.
      const squaresAboutMean = bothPairs(k, (i) => f64x2.pmax(aboutMean[i], f64x2.const(0)));
      storePartials(k, args, channel.shiftedRight(2), [total, squaresAboutMean]);
    });
  },
);

const combineDeviations = kernel(
  "combineDeviations",
  { mean: "heap", variance: "heap", partials: "heap", ...PIXELS, blocks: "i32" },
  (k, args) => {
    const { perBlock } = args;
    const count = k.let(doubles(args.count));
    forChannelsOfTask(k, args, (channel) => {
      const mean = [k.local("v128"), k.local("v128")] as const;
      for (const pair of mean) k.set(pair, f64x2.const(0));
      forPartials(k, args, channel, (sums) => {
        mean.forEach((pair, i) => k.set(pair, f64x2.add(pair, sums[i])));
      });
      for (const pair of mean) k.set(pair, f64x2.div(pair, count));

      const squares = [k.local("v128"), k.local("v128")] as const;
      for (const pair of squares) k.set(pair, f64x2.const(0));
      forPartials(k, args, channel, (sums, own, block) => {
        const pixels = k.let(doubles(args.count.minus(block.times(perBlock)).atMost(perBlock)));
        squares.forEach((pair, i) => {
          const distance = k.let(f64x2.sub(f64x2.div(sums[i], pixels), mean[i]));
          const between = f64x2.mul(pixels, f64x2.mul(distance, distance));
          k.set(pair, f64x2.add(pair, f64x2.add(own[i], between)));
        });
      });
      const variance = bothPairs(k, (i) => f64x2.div(squares[i], count));

      const at = k.let(channel.shiftedLeft(2));
      k.store(args.mean.plus(at), narrowed(mean));
      k.store(args.variance.plus(at), narrowed(variance));
    });
  },
);
