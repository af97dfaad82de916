/**
 * The 3×3 convolutions of the networks in their three faces.
 *
 * @module
 */

import type { Case } from "../case.ts";
import { convolutionOperations } from "../operations.ts";

type Shapes = readonly (readonly [inputs: number, outputs: number, side: number])[];

const NETWORKS: readonly { readonly width: string; readonly batch: number; shapes: Shapes }[] = [
  {
    width: "full width",
    batch: 2,
    shapes: [
      [6, 64, 256],
      [64, 128, 256],
      [128, 196, 256],
      [196, 128, 256],
      [128, 128, 128],
      [128, 196, 128],
      [128, 128, 64],
      [128, 196, 64],
      [384, 128, 32],
      [128, 64, 32],
      [128, 128, 32],
      [128, 256, 16],
      [256, 512, 8],
    ],
  },
  {
    width: "width / 4",
    batch: 10,
    shapes: [
      [6, 16, 64],
      [16, 32, 64],
      [32, 49, 64],
      [49, 32, 64],
      [32, 32, 32],
      [32, 49, 32],
      [32, 32, 16],
      [32, 49, 16],
      [96, 32, 8],
      [32, 16, 8],
      [32, 32, 8],
      [32, 64, 4],
      [64, 128, 2],
    ],
  },
];

const FACES = { conv2d: "forward", conv2dInput: "input", conv2dWeight: "weight" } as const;

/** The cases of this file. */
export const CONVOLUTIONS: readonly Case[] = NETWORKS.flatMap(({ width, batch, shapes }) =>
  (Object.keys(FACES) as (keyof typeof FACES)[]).flatMap((kind) =>
    shapes.map(([inputs, outputs, side]): Case => {
      const work = { kind, batch, inputs, outputs, side };
      return {
        name: `conv3x3 ${FACES[kind]}, ${width}: ${batch}×${inputs}→${outputs} at ${side}²`,
        group: "conv",
        measure: "time",
        work,
        operations: convolutionOperations(work),
      };
    })
  )
);
