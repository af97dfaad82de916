/**
 * A process that imports the library, starts its device and convolves once.
 *
 * @module
 */

import type { Case } from "../case.ts";

/** The case of this file; what is convolved stands in the programs that are started. */
export const COLD_START: Case = {
  name: "cold start: import, init, one small convolution",
  group: "cold-start",
  measure: "cold-start",
  work: { kind: "conv2d", batch: 1, inputs: 3, outputs: 8, side: 16 },
};
