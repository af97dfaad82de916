/**
 * The order in which maxima are found, NaN being the largest.
 *
 * Floats are compared as integers of the same order: a driver may take it that there is no NaN, and may
 * read the smallest floats as 0, but integers compare as they should everywhere.
 *
 * @module
 */

import type { DType } from "../../device.ts";

const KEYS_OF_FLOATS = `
fn keysOf(bits: vec4i) -> vec4i {
  let magnitude = bits & vec4i(0x7fffffff);
  let ordered = select(magnitude, -magnitude, bits < vec4i());
  return select(ordered, vec4i(0x7fffffff), magnitude > vec4i(0x7f800000));
}`;

const KEYS_OF_INTEGERS = `
fn keysOf(bits: vec4i) -> vec4i { return bits; }`;

/** WGSL of `keysOf`: integers in the order of four elements, from their bits; −0 is 0. */
export function keysOf(dtype: DType): string {
  return dtype === "int32" ? KEYS_OF_INTEGERS : KEYS_OF_FLOATS;
}
