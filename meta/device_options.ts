/**
 * What every task that computes can be told of the device.
 *
 * @module
 */

import { integer, type Option } from "./command_options.ts";

/** How many threads compute. No setting of a run, for it changes no result. */
export const THREADS: Option<number | undefined> = {
  ...integer("threads that compute; the results are the same on any number", { min: 1, max: 256 }),
  standing: "all cores",
};
