/**
 * Filters on their way to Winograd's planes, and gradients of filters on their way back.
 *
 * @module
 */

import {
  type Body,
  f32x4,
  type Local,
  scratch,
  v128,
  type Value,
  type Vector,
} from "../../assembler/mod.ts";
import { type Kernel, kernelOfParts } from "../../kernel.ts";
import { transposed } from "../../movement/transpose.ts";
import { BANK, FilterWalk } from "../nine_taps.ts";
import { SCRATCH_START, widthOf } from "../panel.ts";
import { type Algorithm, transformBoth } from "./transforms.ts";

/** What lies between the passes of a transform, and the sums of all planes. */
const BETWEEN = SCRATCH_START;
const SUMS = BETWEEN + 36 * 16;

const between = (k: Body) => ({
  put: (index: number, value: Value<"v128">) => k.store(scratch(0), value, BETWEEN + 16 * index),
  get: (index: number) => v128.load(scratch(0), BETWEEN + 16 * index),
});

/**
 * A line of the cache lies between planes: they are often a power of two long, and the places of a filter
 * in all of them would share a set of the cache.
 */
export const PLANE_GAP = 64;

const transformKernels = new Map<string, Kernel>();

/**
 * Filters, in order or turned by half a circle, to planes of panels: for each plane and panel of the width
 * the panels of the depth, one task for each panel of both.
 */
export function transformFilters(
  algorithm: Algorithm,
  depth: number,
  turned: boolean,
): Kernel {
  const name = `winograd ${algorithm.name} filters, ${depth} deep${turned ? ", turned" : ""}`;
  let kernel = transformKernels.get(name);
  if (kernel === undefined) {
    transformKernels.set(name, kernel = writeTransform(name, algorithm, depth, turned));
  }
  return kernel;
}

function writeTransform(
  name: string,
  algorithm: Algorithm,
  depth: number,
  turned: boolean,
): Kernel {
  const parameters = {
    ...BANK,
    planes: "heap",
    depthPanels: "i32",
    widthPanels: "i32",
  } as const;
  return kernelOfParts(name, parameters, (_, { tile }) => (k, args) => {
    const width = widthOf(tile);
    const panelBytes = depth * width * 4;
    const firstIn = k.let(args.task.modulo(args.depthPanels).times(depth));
    const firstOut = k.let(args.task.dividedBy(args.depthPanels).times(width));
    const planeStride = k.let(
      args.widthPanels.times(args.depthPanels).times(panelBytes).plus(PLANE_GAP),
    );
    const to = k.let(args.planes.plus(args.task.times(panelBytes)));
    const walk = new FilterWalk(k, args, firstOut, tile.vectors, firstIn);
    const rows = k.let(args.ins.minus(firstIn).atMost(depth));
    k.for(0, rows, 1, () => {
      for (let vector = 0; vector < tile.vectors; vector++) {
        storeTransformed(k, algorithm, walk.taps(vector, turned), k.let(to), planeStride);
        k.advance(to, 16);
      }
      walk.advance();
    });
    k.for(rows, depth, 1, () => {
      for (let vector = 0; vector < tile.vectors; vector++) {
        const plane = k.let(to);
        k.repeat(algorithm.planes, () => {
          k.store(plane, f32x4.const(0));
          k.advance(plane, planeStride);
        });
        k.advance(to, 16);
      }
    });
  });
}

function storeTransformed(
  k: Body,
  { inputs, filterTransform }: Algorithm,
  taps: readonly Vector[],
  plane: Local<"heap">,
  planeStride: Value<"i32">,
): void {
  transformBoth(
    k,
    [3, inputs],
    filterTransform,
    (row, column) => taps[3 * row + column],
    between(k),
    (_row, _column, value) => {
      k.store(plane, value);
      k.advance(plane, planeStride);
    },
  );
}

/** Input channels of one task of {@linkcode filterGradients}. */
export const GRADIENT_INS = 8;

/**
 * The chunks' sums of all planes to gradients of filters [O,C,3,3]. Each chunk holds, for each plane and
 * panel of the width, `rows` rows, one for each input channel. One task for each panel and
 * {@linkcode GRADIENT_INS} input channels.
 */
export function filterGradients(algorithm: Algorithm): Kernel {
  let kernel = gradientKernels.get(algorithm);
  if (kernel === undefined) gradientKernels.set(algorithm, kernel = writeGradients(algorithm));
  return kernel;
}

const gradientKernels = new Map<Algorithm, Kernel>();

function writeGradients({ name, planes, inputs, tapTransform }: Algorithm): Kernel {
  const parameters = {
    sums: "heap",
    chunks: "i32",
    rows: "i32",
    widthPanels: "i32",
    gradients: "heap",
    outs: "i32",
    ins: "i32",
  } as const;
  return kernelOfParts(
    `winograd ${name} filter gradients`,
    parameters,
    (_, { tile }) => (k, args) => {
      const width = widthOf(tile);
      const groups = k.let(args.ins.plus(GRADIENT_INS - 1).dividedBy(GRADIENT_INS));
      const panel = k.let(args.task.dividedBy(groups));
      const firstIn = k.let(args.task.modulo(groups).times(GRADIENT_INS));
      const panelBytes = k.let(args.rows.times(width * 4));
      const planeBytes = k.let(panelBytes.times(args.widthPanels));
      const chunkBytes = k.let(planeBytes.times(planes));
      const from = k.local("heap");
      const sums = Array.from({ length: tile.vectors }, () => k.local("v128"));
      const lastIn = firstIn.plus(GRADIENT_INS).atMost(args.ins);
      k.for(firstIn, lastIn, 1, (input) => {
        const place = k.let(panel.times(panelBytes).plus(input.times(width * 4)));
        k.for(0, planes, 1, (plane) => {
          k.set(from, args.sums.plus(place.plus(plane.times(planeBytes))));
          for (const sum of sums) k.set(sum, f32x4.const(0));
          k.repeat(args.chunks, () => {
            sums.forEach((sum, i) => k.set(sum, f32x4.add(sum, v128.load(from, 16 * i))));
            k.advance(from, chunkBytes);
          });
          const to = k.let(scratch(SUMS).plus(plane.shiftedLeft(4)));
          sums.forEach((sum, i) => k.store(to, sum, 16 * planes * i));
        });
        for (let vector = 0; vector < tile.vectors; vector++) {
          const taps: Vector[] = [];
          transformBoth(
            k,
            [inputs, 3],
            tapTransform,
            (row, column) =>
              v128.load(scratch(0), SUMS + (planes * vector + inputs * row + column) * 16),
            between(k),
            (_row, _column, value) => taps.push(k.let(value)),
          );
          const firstFour = transposed(k, taps.slice(0, 4));
          const nextFour = transposed(k, taps.slice(4, 8));
          for (let lane = 0; lane < 4; lane++) {
            const out = k.let(panel.times(width).plus(4 * vector + lane));
            k.if(out.lessThan(args.outs), () => {
              const filter = k.let(out.times(args.ins).plus(input).times(9 * 4));
              const to = k.let(args.gradients.plus(filter));
              k.store(to, firstFour[lane]);
              k.store(to, nextFour[lane], 16);
              k.store(to, f32x4.extractLane(taps[8], lane), 32);
            });
          }
        }
      });
    },
  );
}
