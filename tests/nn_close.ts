/** Comparing tensors with the numbers of a fixture. */

import { ok } from "node:assert/strict";
import type { Tensor } from "../tensor/mod.ts";

/** Numbers as JSON holds them. */
export type Numbers = number | readonly Numbers[];

/** Asserts that a tensor holds the fixture's numbers, relative to the larger of 1 and the largest. */
export function close(actual: Tensor, expected: Numbers, tolerance: number, what: string): void {
  const wanted = flatten(expected);
  const got = [...actual.dataSync()];
  ok(got.length === wanted.length, `${what}: ${got.length} numbers, wanted ${wanted.length}`);
  const scale = Math.max(1, ...wanted.map(Math.abs));
  wanted.forEach((value, i) => {
    const deviation = Math.abs(got[i] - value) / scale;
    ok(deviation <= tolerance, `${what}[${i}]: ${got[i]}, wanted ${value}`);
  });
}

/** The numbers of a fixture in row-major order. */
export function flatten(numbers: Numbers): number[] {
  return typeof numbers === "number" ? [numbers] : numbers.flatMap(flatten);
}
