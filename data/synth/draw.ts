/**
 * Named draws: each parameter of a scene is a function of a key and its own name, so that adding
 * or reordering parameters leaves all others as they were.
 *
 * @module
 */

import { foldIn, normalNumbers, type RandomKey, uniformNumbers } from "../../tensor/random.ts";

export type Range = readonly [low: number, high: number];

/** A number uniform in `range`. */
export function between(key: RandomKey, name: string, [low, high]: Range): number {
  return low + (high - low) * uniformNumbers(foldIn(key, name), 1)[0];
}

/** A normal number with mean 0 and the given standard deviation. */
export function spread(key: RandomKey, name: string, deviation: number): number {
  return deviation * normalNumbers(foldIn(key, name), 1)[0];
}

/** True with the given probability. */
export function chance(key: RandomKey, name: string, probability: number): boolean {
  return uniformNumbers(foldIn(key, name), 1)[0] < probability;
}

/** One of the choices, each as likely as any other. */
export function choose<T>(key: RandomKey, name: string, choices: readonly T[]): T {
  return choices[Math.floor(between(key, name, [0, choices.length]))];
}
