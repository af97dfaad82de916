/**
 * Every device computes every row of the op table as `js` does in float64: values, and gradients of the
 * first and second order.
 */

import { equal, ok } from "node:assert/strict";
import { deviceNamed, init } from "../tensor/devices.ts";
import { jsDevice } from "../tensor/js/device.ts";
import { deviceTest } from "./devices_here.ts";
import { nameOf, OP_TABLE } from "./op_table.ts";
import { deviation, type Outcome, outcomesOf } from "./parity.ts";

/** float32 has 24 bits; a hundred additions and a few functions lose some of them. */
const TOLERANCE = 2e-5;

await deviceTest("float32 agrees with js in float64 on every row", async (name, test) => {
  await init(name);
  for (const row of OP_TABLE) {
    await test.step(nameOf(row), async () => {
      const actual = await outcomesOf(row, { dtype: "float32", device: deviceNamed(name) });
      const wanted = await outcomesOf(row, { dtype: "float64", device: jsDevice });
      equal(actual.length, wanted.length);
      actual.forEach((outcome, i) => {
        const found = deviation(outcome, wanted[i]);
        ok(found <= TOLERANCE, `${outcome.what} deviates by ${found}`);
      });
    });
  }
  await init("js");
});

Deno.test("a deviation is found in values, shapes and what is not finite", () => {
  const outcome = (numbers: number[], shape = [numbers.length]): Outcome => ({
    what: "",
    shape,
    numbers,
  });
  equal(deviation(outcome([1, 2]), outcome([1, 2])), 0);
  equal(deviation(outcome([1, NaN, Infinity]), outcome([1, NaN, Infinity])), 0);
  equal(deviation(outcome([0, 100]), outcome([1, 100])), 0.01);
  equal(deviation(outcome([0.5]), outcome([0])), 0.5);
  equal(deviation(outcome([NaN]), outcome([0])), Infinity);
  equal(deviation(outcome([0]), outcome([NaN])), Infinity);
  equal(deviation(outcome([1]), outcome([Infinity])), Infinity);
  equal(deviation(outcome([1, 2], [1, 2]), outcome([1, 2], [2])), Infinity);
});
