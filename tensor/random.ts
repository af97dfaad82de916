/**
 * Random numbers without hidden state: every draw is a function of a key.
 *
 * The generator is Threefry-2x32 with 20 rounds (Salmon, Moraes, Dror, Shaw: "Parallel random
 * numbers: as easy as 1, 2, 3", SC 2011). It needs only 32-bit add, xor and rotate, so every
 * device draws the same stream. Word `i` of a key's stream is half of the block at counter
 * `(i >> 1, 0)`; the key folded from it with a number n is the block at counter `(n, 1)`; a name is
 * folded letter by letter at counters `(letter, 2)` and closed at `(length, 3)`. So words, numbers
 * and names never share a block, and "ab" is not "a" and then "b".
 *
 * @module
 */

/** A 64-bit key, as two unsigned 32-bit words. */
export type RandomKey = readonly [number, number];

const ROTATIONS = [[13, 15, 26, 6], [17, 29, 16, 24]];
const PARITY = 0x1BD11BDA;

/** One Threefry-2x32-20 block: two words out of a key and a counter of two words each. */
export function threefry(key: RandomKey, counter: readonly [number, number]): [number, number] {
  const schedule = [key[0], key[1], key[0] ^ key[1] ^ PARITY];
  let a = (counter[0] + schedule[0]) | 0;
  let b = (counter[1] + schedule[1]) | 0;
  for (let group = 1; group <= 5; group++) {
    for (const rotation of ROTATIONS[(group - 1) % 2]) {
      a = (a + b) | 0;
      b = ((b << rotation) | (b >>> (32 - rotation))) ^ a;
    }
    a = (a + schedule[group % 3]) | 0;
    b = (b + schedule[(group + 1) % 3] + group) | 0;
  }
  return [a >>> 0, b >>> 0];
}

/**
 * Makes a key from a seed, a whole number from 0 to 2^53 − 1.
 *
 * @throws {RangeError} if the seed is not such a number.
 * @example
 * ```ts
 * import { equal } from "node:assert/strict";
 * import { randomKey } from "./random.ts";
 *
 * equal(randomKey(7)[1], 7);
 * ```
 */
export function randomKey(seed: number): RandomKey {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new RangeError(
      `Cannot make a random key: the seed must be a whole number from 0 to 2^53 - 1, got ${seed}`,
    );
  }
  return [Math.floor(seed / 2 ** 32), seed >>> 0];
}

/**
 * Derives a new key from a key and a number (0 to 2^32 − 1) or a name.
 *
 * Different numbers or names give unrelated streams, so `foldIn(foldIn(key, "dropout"), step)`
 * replaces a generator that would have to be passed around.
 *
 * @throws {RangeError} if the number is not a whole number from 0 to 2^32 − 1.
 * @example
 * ```ts
 * import { notDeepEqual } from "node:assert/strict";
 * import { foldIn, randomKey } from "./random.ts";
 *
 * const key = randomKey(0);
 * notDeepEqual(foldIn(key, 1), foldIn(key, 2));
 * ```
 */
export function foldIn(key: RandomKey, data: number | string): RandomKey {
  if (typeof data === "string") {
    const letters = Array.from(data, (letter) => letter.codePointAt(0) ?? 0);
    const spelled = letters.reduce((k, letter) => threefry(k, [letter, 2]), key);
    return threefry(spelled, [letters.length, 3]);
  }
  if (!Number.isInteger(data) || data < 0 || data >= 2 ** 32) {
    throw new RangeError(
      `Cannot fold ${data} into a random key: it must be a whole number from 0 to 2^32 - 1`,
    );
  }
  return threefry(key, [data, 1]);
}

/** The first `count` words of a key's stream, each from 0 to 2^32 − 1. */
export function randomWords(key: RandomKey, count: number): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(count);
  for (let i = 0; i < count; i += 2) {
    const [first, second] = threefry(key, [i >>> 1, 0]);
    words[i] = first;
    if (i + 1 < count) words[i + 1] = second;
  }
  return words;
}

/** `count` numbers uniform in [0, 1), each a multiple of 2^−53 made of two words. */
export function uniformNumbers(key: RandomKey, count: number): Float64Array<ArrayBuffer> {
  const words = randomWords(key, 2 * count);
  return Float64Array.from(
    { length: count },
    (_, i) => ((words[2 * i] >>> 5) * 2 ** 26 + (words[2 * i + 1] >>> 6)) / 2 ** 53,
  );
}

/** `count` standard normal numbers (Box and Muller 1958), two from each pair of uniform ones. */
export function normalNumbers(key: RandomKey, count: number): Float64Array<ArrayBuffer> {
  const uniform = uniformNumbers(key, count + count % 2);
  return Float64Array.from({ length: count }, (_, i) => {
    const pair = i - i % 2;
    const radius = Math.sqrt(-2 * Math.log(1 - uniform[pair]));
    const angle = 2 * Math.PI * uniform[pair + 1];
    return radius * (i % 2 === 0 ? Math.cos(angle) : Math.sin(angle));
  });
}

/**
 * The numbers 0 to `count − 1` in random order (Fisher–Yates shuffle).
 *
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { permutation, randomKey } from "./random.ts";
 *
 * deepEqual([...permutation(randomKey(0), 4)].sort(), [0, 1, 2, 3]);
 * ```
 */
export function permutation(key: RandomKey, count: number): Int32Array<ArrayBuffer> {
  const order = Int32Array.from({ length: count }, (_, i) => i);
  const uniform = uniformNumbers(key, count);
  for (let last = count - 1; last > 0; last--) {
    const chosen = Math.floor(uniform[last] * (last + 1));
    [order[last], order[chosen]] = [order[chosen], order[last]];
  }
  return order;
}
