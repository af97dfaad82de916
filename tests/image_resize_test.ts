/** Bicubic resizing against Pillow: up and down, one axis and both, noise and hard edges. */

import { deepEqual, equal, notEqual, throws } from "node:assert/strict";
import { createHash } from "node:crypto";
import { resizeGray, resizeRgb } from "../data/resize.ts";
import pillow from "./fixtures/image/colour.json" with { type: "json" };

/** The same generator as in tests/reference/image_colour.py. */
function noise(count: number, seed: number): Uint8Array {
  const values = new Uint8Array(count);
  let x = seed;
  for (let i = 0; i < count; i++) {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    values[i] = x >>> 24;
  }
  return values;
}

const bySizes = Object.groupBy(
  pillow.resized,
  ({ from, to }) => `${from.join("x")} to ${to.join("x")}`,
);

for (const [sizes, cases = []] of Object.entries(bySizes)) {
  Deno.test(`${sizes} equals Pillow, in colour and grey, on noise and on hard edges`, () => {
    for (const { seed, from, to, channels, extremes, sha256 } of cases) {
      const [width, height] = from;
      let data = noise(width * height * channels, seed);
      if (extremes) data = data.map((value) => value > 127 ? 255 : 0);
      const resize = channels === 3 ? resizeRgb : resizeGray;
      const resized = resize({ width, height, data }, to[0], to[1]);
      deepEqual([resized.width, resized.height], to);
      equal(createHash("sha256").update(resized.data).digest("hex"), sha256);
    }
  });
}

Deno.test("a resize to the same size returns a copy, not the picture's own bytes", () => {
  const image = { width: 2, height: 2, data: new Uint8Array([1, 2, 3, 4]) };
  const same = resizeGray(image, 2, 2);
  deepEqual(same, image);
  notEqual(same.data, image.data);
});

Deno.test("resizing refuses impossible sizes and bytes that do not fit", () => {
  const image = { width: 2, height: 2, data: new Uint8Array(4) };
  throws(() => resizeGray(image, 0, 2), {
    name: "RangeError",
    message: "Cannot resize a 2x2 image to 0x2: both sizes must be positive whole numbers",
  });
  throws(() => resizeGray(image, 2.5, 2), RangeError);
  throws(() => resizeRgb(image, 2, 2), TypeError);
});
