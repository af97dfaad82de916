/**
 * The gradients of batch normalisation, from the statistics of the forward pass.
 *
 * With d = x − mean and s = √(variance + ε): one pass sums g and g·d for each channel, a second
 * writes gx = weight/s · (g − average of g − d · average of g·d / s²). Behind a ReLU, g counts where
 * the normalised x, computed again, is positive.
 *
 * @module
 */

import {
  type Body,
  f32x4,
  f64x2,
  type Local,
  scratch,
  v128,
  type Vector,
} from "../assembler/mod.ts";
import type { WasmBuffer } from "../buffer.ts";
import { kernel } from "../kernel.ts";
import type { Machine } from "../machine.ts";
import { narrowed, widened } from "../pairs.ts";
import { rowOf } from "./constants.ts";
import { normalized, rowsOf } from "./normalize.ts";
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

/** What the gradients are computed from: `channelsLast`, and the table of constants. */
export interface Backward {
  readonly x: WasmBuffer;
  readonly g: WasmBuffer;
  readonly table: WasmBuffer;
  readonly pixels: Pixels;
  readonly hasRelu: boolean;
}

/** Writes the gradients of weight and bias for each lane, and into the table what that of x needs. */
export function sumGradients(
  machine: Machine,
  { x, g, table, pixels, hasRelu }: Backward,
  gWeight: WasmBuffer,
  gBias: WasmBuffer,
): void {
  const { blocks, lanes } = pixels;
  const partials = allocatePartials(machine, pixels);
  const sums = [table.address, partials.address, ...pixelArguments(pixels)];
  machine.run(
    hasRelu ? sumReluProducts : sumProducts,
    blocks,
    [x.address, g.address, ...sums],
    2 * 4 * lanes,
  );
  machine.run(combineProducts, combiningTasks(pixels), [
    gWeight.address,
    gBias.address,
    ...sums,
    blocks,
  ]);
  machine.free(partials);
}

/** Writes the gradient of x, after {@linkcode sumGradients}. */
export function writeGradient(
  machine: Machine,
  gx: WasmBuffer,
  { x, g, table, pixels, hasRelu }: Backward,
): void {
  const args = [gx.address, x.address, g.address, table.address, ...pixelArguments(pixels)];
  machine.run(hasRelu ? gradientThroughRelu : gradient, pixels.blocks, args);
}

const products = (name: string, hasRelu: boolean) =>
  kernel(
    name,
    { x: "heap", g: "heap", table: "heap", partials: "heap", ...PIXELS },
    (k, args) => {
      const block = blockOf(k, args);
      const sums = scratch(0);
      const products = k.let(sums.plus(block.bytesPerPixel));
      forChannels(k, block, (channel) => {
        k.store(sums.plus(channel), f32x4.const(0));
        k.store(products.plus(channel), f32x4.const(0));
      });

      const load = rowsOf(k, args, "mean", "factor", "shift");
      forParts(k, block, [args.x, args.g], 2, (part) => {
        const constants = load(part);
        const atSums = k.let(sums.plus(part.channel));
        const atProducts = k.let(products.plus(part.channel));
        const sum = constants.map((_, v) => k.let(v128.load(atSums, 16 * v)));
        const product = constants.map((_, v) => k.let(v128.load(atProducts, 16 * v)));
        part.forPixels(([x, g]) => {
          constants.forEach((of, v) => {
            const deviation = k.let(f32x4.sub(v128.load(x, 16 * v), of.mean));
            const passing = k.let(passed(v128.load(g, 16 * v), deviation, of, hasRelu));
            k.set(sum[v], f32x4.add(sum[v], passing));
            k.set(product[v], f32x4.mulAdd(passing, deviation, product[v]));
          });
        });
        for (let v = 0; v < part.vectors; v++) {
          k.store(atSums, sum[v], 16 * v);
          k.store(atProducts, product[v], 16 * v);
        }
      });

      forChannels(k, block, (channel) => {
        storePartials(k, args, channel.shiftedRight(2), [
          widened(k, v128.load(sums.plus(channel))),
          widened(k, v128.load(products.plus(channel))),
        ]);
      });
    },
  );

/** g where it gets through the ReLU, if there is one. */
function passed(
  g: Vector,
  deviation: Vector,
  constants: { readonly factor: Vector; readonly shift: Vector },
  hasRelu: boolean,
): Vector {
  if (!hasRelu) return g;
  return v128.and(g, f32x4.gt(normalized(deviation, constants), f32x4.const(0)));
}

const sumProducts = products("sumProducts", false);
const sumReluProducts = products("sumReluProducts", true);

const combineProducts = kernel(
  "combineProducts",
  {
    gWeight: "heap",
    gBias: "heap",
    table: "heap",
    partials: "heap",
    ...PIXELS,
    blocks: "i32",
  },
  (k, args) => {
    const { table, lanes } = args;
    const count = k.let(doubles(args.count));
    forChannelsOfTask(k, args, (channel) => {
      const sum = zeros(k);
      const product = zeros(k);
      forPartials(k, args, channel, (sums, products) => {
        sum.forEach((pair, i) => k.set(pair, f64x2.add(pair, sums[i])));
        product.forEach((pair, i) => k.set(pair, f64x2.add(pair, products[i])));
      });

      const at = k.let(channel.shiftedLeft(2));
      const inverse = widened(k, v128.load(rowOf(table, lanes, "inverse").plus(at)));
      const scaled = bothPairs(k, (i) => f64x2.mul(product[i], inverse[i]));
      const offset = bothPairs(k, (i) => f64x2.neg(f64x2.div(sum[i], count)));
      const slope = bothPairs(
        k,
        (i) => f64x2.neg(f64x2.div(f64x2.mul(scaled[i], inverse[i]), count)),
      );
      k.store(args.gBias.plus(at), narrowed(sum));
      k.store(args.gWeight.plus(at), narrowed(scaled));
      k.store(rowOf(table, lanes, "offset").plus(at), narrowed(offset));
      k.store(rowOf(table, lanes, "slope").plus(at), narrowed(slope));
    });
  },
);

function zeros(k: Body): readonly [Local<"v128">, Local<"v128">] {
  return [k.let(f64x2.const(0)), k.let(f64x2.const(0))];
}

const gradients = (name: string, hasRelu: boolean) =>
  kernel(name, { gx: "heap", x: "heap", g: "heap", table: "heap", ...PIXELS }, (k, args) => {
    const load = rowsOf(k, args, "mean", "factor", "shift", "offset", "slope");
    forParts(k, blockOf(k, args), [args.gx, args.x, args.g], 2, (part) => {
      const constants = load(part);
      part.forPixels(([gx, x, g]) => {
        constants.forEach((of, v) => {
          const deviation = k.let(f32x4.sub(v128.load(x, 16 * v), of.mean));
          const passing = passed(v128.load(g, 16 * v), deviation, of, hasRelu);
          const centred = f32x4.mulAdd(deviation, of.slope, f32x4.add(passing, of.offset));
          k.store(gx, f32x4.mul(of.factor, centred), 16 * v);
        });
      });
    });
  });

const gradient = gradients("gradient", false);
const gradientThroughRelu = gradients("gradientThroughRelu", true);
