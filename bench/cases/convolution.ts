/**
 * 3×3 convolutions of the networks at width / 4 on images of 64 pixels, in their three faces.
 *
 * @module
 */

import { conv2d, conv2dInput, conv2dWeight } from "../../autograd/mod.ts";
import { randomKey, scope, uniform } from "../../tensor/mod.ts";
import type { Case } from "../case.ts";

/** Input channels, output channels and side. */
const SHAPES = [[6, 16, 64], [16, 32, 64], [32, 49, 64], [49, 32, 64], [32, 32, 16], [64, 128, 4]];
const BATCH = 10;

/** The cases of this file. */
export const CONVOLUTIONS: readonly Case[] = SHAPES.flatMap(([inputs, outputs, side]) => {
  const x = [BATCH, inputs, side, side];
  const y = [BATCH, outputs, side, side];
  const weight = [outputs, inputs, 3, 3];
  const geometry = { padding: 1 };
  const random = (shape: readonly number[], seed: number) => uniform(randomKey(seed), shape);
  const face = (name: string, prepare: Case["prepare"]): Case => ({
    name: `conv3x3 ${name} ${BATCH}×${inputs}→${outputs} at ${side}²`,
    group: "conv",
    operations: 2 * 9 * BATCH * inputs * outputs * side * side,
    prepare,
  });
  return [
    face("forward", () => {
      const [a, w] = [random(x, 0), random(weight, 1)];
      return () => scope(() => void conv2d(a, w, geometry));
    }),
    face("input", () => {
      const [g, w] = [random(y, 0), random(weight, 1)];
      return () => scope(() => void conv2dInput(g, w, x, geometry));
    }),
    face("weight", () => {
      const [a, g] = [random(x, 0), random(y, 1)];
      return () => scope(() => void conv2dWeight(a, g, weight, geometry));
    }),
  ];
});
