/**
 * All cases, in the order in which they are measured: those that hold most memory come last.
 *
 * @module
 */

import type { Case } from "./case.ts";
import { COLD_START } from "./cases/cold_start.ts";
import { CONVOLUTIONS } from "./cases/convolution.ts";
import { DENSE } from "./cases/dense.ts";
import { TRAINING_STEPS } from "./cases/training_step.ts";

/** Every case. */
export const CASES: readonly Case[] = [
  COLD_START,
  ...DENSE,
  ...CONVOLUTIONS,
  ...TRAINING_STEPS,
];
