/**
 * Matrix products, and what memory bounds: batch-norm with ReLU, max-pooling, elementwise ops; and long
 * chains of small ops.
 *
 * @module
 */

import type { Case } from "../case.ts";
import type { ElementwiseWork, LayerWork } from "../work.ts";

const FLOAT = 4;
/** The largest maps of the full networks and of those at width / 4. */
const MAPS = [[2, 128, 256, 256], [10, 32, 64, 64]];

/** How many times the bytes of the full map each pass must move. */
const PASSES = [
  { kind: "norm", pass: "forward", title: "batch-norm and ReLU forward", maps: 2 },
  { kind: "norm", pass: "backward", title: "batch-norm and ReLU backward", maps: 3 },
  { kind: "pool", pass: "forward", title: "max-pool forward", maps: 1 + 1 / 4 },
  { kind: "pool", pass: "backward", title: "max-pool backward", maps: 1 / 4 + 1 },
] as const satisfies readonly (Omit<LayerWork, "shape"> & { title: string; maps: number })[];

const ELEMENTWISE = [
  { op: "add", maps: 3 },
  { op: "relu", maps: 2 },
  { op: "sigmoid", maps: 2 },
] as const satisfies readonly (Pick<ElementwiseWork, "op"> & { maps: number })[];

const MATMULS = [256, 512, 1024].map((size): Case => ({
  name: `matmul ${size}³`,
  group: "matmul",
  measure: "time",
  work: { kind: "matmul", size },
  operations: 2 * size ** 3,
}));

const LAYERS = PASSES.flatMap(({ kind, pass, title, maps }) =>
  MAPS.map((shape): Case => ({
    name: `${title}, ${shape.join("×")}`,
    group: kind,
    measure: "time",
    work: { kind, pass, shape },
    bytes: maps * bytesOf(shape),
  }))
);

const ELEMENTWISE_CASES = ELEMENTWISE.flatMap(({ op, maps }) =>
  MAPS.map((shape): Case => ({
    name: `${op}, ${shape.join("×")}`,
    group: "elementwise",
    measure: "time",
    work: { kind: "elementwise", op, shape },
    bytes: maps * bytesOf(shape),
  }))
);

const CHAIN: Case = {
  name: "chain of 1000 ops on 16 elements, forward and backward",
  group: "small-ops",
  measure: "time",
  work: { kind: "chain", length: 1000, size: 16 },
};

function bytesOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, FLOAT);
}

/** The cases of this file. */
export const DENSE: readonly Case[] = [...MATMULS, ...LAYERS, ...ELEMENTWISE_CASES, CHAIN];
