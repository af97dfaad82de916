/**
 * The random generator: known answers, streams that do not meet, and the distributions made of it.
 */

import { deepEqual, equal, notDeepEqual, ok, throws } from "node:assert/strict";
import {
  foldIn,
  normalNumbers,
  permutation,
  type RandomKey,
  randomKey,
  randomWords,
  threefry,
  uniformNumbers,
} from "../tensor/random.ts";
import { fc } from "./fast_check.ts";

const FIXED = { seed: 1, numRuns: 100 };

Deno.test("Threefry-2x32-20 gives the known answers of its authors", () => {
  const answers: [RandomKey, [number, number], [number, number]][] = [
    [[0, 0], [0, 0], [0x6b200159, 0x99ba4efe]],
    [[0xffffffff, 0xffffffff], [0xffffffff, 0xffffffff], [0x1cb996fc, 0xbb002be7]],
    [[0x13198a2e, 0x03707344], [0x243f6a88, 0x85a308d3], [0xc4923a9c, 0x483df7a0]],
  ];
  for (const [key, counter, block] of answers) deepEqual(threefry(key, counter), block);
});

Deno.test("a seed gives its own key, also beyond 32 bits", () => {
  deepEqual(randomKey(7), [0, 7]);
  deepEqual(randomKey(2 ** 32), [1, 0]);
  deepEqual(randomKey(2 ** 53 - 1), [2 ** 21 - 1, 2 ** 32 - 1]);
});

Deno.test("a seed or number out of range is refused", () => {
  for (const seed of [-1, 0.5, NaN, Infinity, 2 ** 53]) {
    throws(() => randomKey(seed), {
      name: "RangeError",
      message:
        `Cannot make a random key: the seed must be a whole number from 0 to 2^53 - 1, got ${seed}`,
    });
  }
  for (const data of [-1, 0.5, NaN, 2 ** 32]) {
    throws(() => foldIn(randomKey(0), data), {
      name: "RangeError",
      message:
        `Cannot fold ${data} into a random key: it must be a whole number from 0 to 2^32 - 1`,
    });
  }
});

Deno.test("a longer draw begins with the shorter one", () => {
  const key = randomKey(3);
  for (const draw of [randomWords, uniformNumbers, normalNumbers]) {
    for (const count of [0, 1, 2, 5, 8]) {
      deepEqual([...draw(key, count)], [...draw(key, 9)].slice(0, count));
    }
  }
});

Deno.test("keys folded from a key, by number or name, and its words never meet", () => {
  const key = randomKey(0);
  const numbers = Array.from({ length: 2000 }, (_, n) => foldIn(key, n));
  const names = ["", "a", "b", "ab", "ba", "aa", "a\0", "\0", "dropout", "drop", "out", "éa", "🙂"];
  const words = randomWords(key, 4000);
  const blocks = Array.from({ length: 2000 }, (_, i) => [words[2 * i], words[2 * i + 1]]);
  const all = [key, ...numbers, ...names.map((name) => foldIn(key, name)), ...blocks];
  equal(new Set(all.map(String)).size, all.length);
});

Deno.test("how a key was folded decides it: no two ways meet", () => {
  const folds = fc.array(fc.oneof(fc.nat(200), fc.string({ maxLength: 3 })), { maxLength: 4 });
  const along = (path: (number | string)[]) => path.reduce<RandomKey>(foldIn, randomKey(0));
  fc.assert(
    fc.property(folds, folds, (one, other) => {
      if (JSON.stringify(one) === JSON.stringify(other)) deepEqual(along(one), along(other));
      else notDeepEqual(along(one), along(other));
    }),
    { ...FIXED, numRuns: 500 },
  );
  // Pairs that a fold without boundaries would mix up.
  notDeepEqual(along(["ab"]), along(["a", "b"]));
  notDeepEqual(along(["a"]), along([97]));
  notDeepEqual(along([""]), along([]));
  notDeepEqual(along(["a", ""]), along(["a"]));
});

Deno.test("uniform numbers fill [0, 1) evenly", () => {
  const numbers = uniformNumbers(randomKey(1), 50_000);
  ok(numbers.every((u) => u >= 0 && u < 1 && Number.isInteger(u * 2 ** 53)));
  const counts = new Array<number>(100).fill(0);
  for (const u of numbers) counts[Math.floor(100 * u)]++;
  const chiSquare = counts.reduce((sum, count) => sum + (count - 500) ** 2 / 500, 0);
  // 99 degrees of freedom: mean 99, standard deviation 14.
  ok(chiSquare > 50 && chiSquare < 160, `chi-square ${chiSquare}`);
});

Deno.test("normal numbers have the normal's moments, and no two neighbours go together", () => {
  const numbers = normalNumbers(randomKey(2), 50_000);
  ok(numbers.every(Number.isFinite));
  const moment = (k: number) => numbers.reduce((sum, x) => sum + x ** k, 0) / numbers.length;
  [0, 1, 0, 3].forEach((wanted, i) => {
    ok(Math.abs(moment(i + 1) - wanted) < 0.08, `moment ${i + 1} is ${moment(i + 1)}`);
  });
  const product = numbers.reduce((sum, x, i) => sum + x * (numbers[i + 1] ?? 0), 0) /
    numbers.length;
  ok(Math.abs(product) < 0.02, `neighbours correlate by ${product}`);
});

Deno.test("a permutation holds each number once", () => {
  fc.assert(
    fc.property(fc.nat(1e6), fc.nat(200), (seed, count) => {
      const sorted = permutation(randomKey(seed), count).toSorted();
      deepEqual([...sorted], Array.from({ length: count }, (_, i) => i));
    }),
    FIXED,
  );
});

Deno.test("each of the 24 orders of four comes up equally often", () => {
  const counts = new Map<string, number>();
  const key = randomKey(5);
  for (let i = 0; i < 24_000; i++) {
    const order = String(permutation(foldIn(key, i), 4));
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  equal(counts.size, 24);
  const chiSquare = [...counts.values()].reduce((sum, n) => sum + (n - 1000) ** 2 / 1000, 0);
  // 23 degrees of freedom: mean 23, standard deviation 6.8.
  ok(chiSquare > 5 && chiSquare < 50, `chi-square ${chiSquare}`);
});
