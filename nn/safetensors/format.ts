/**
 * What a safetensors file holds, and the format's numbers and names.
 *
 * @module
 */

import type { DType, HostArray } from "../../tensor/device.ts";
import type { Shape } from "../../tensor/shape.ts";

/** A tensor on the host: its numbers are in row-major order. */
export interface HostTensor {
  /** The lengths of its axes. */
  readonly shape: Shape;
  /** The type of its elements. */
  readonly dtype: DType;
  /** As many numbers as the shape holds, in an array of that type. */
  readonly data: HostArray;
}

/** What a safetensors file holds. Neither record has a prototype, so that any name is safe. */
export interface SafetensorsContent {
  /** The tensors by name. */
  readonly tensors: Readonly<Record<string, HostTensor>>;
  /** Strings by key, without the digests. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** The format's names of our dtypes. */
export const FORMAT_NAME = { float32: "F32", float64: "F64", int32: "I32" } as const;

/** The format's own limit to the header's bytes. */
export const LONGEST_HEADER = 100_000_000;

/** How many bytes at a file's beginning say how long the header is. */
export const LENGTH_BYTES = 8;
