/** HSV and luma against Pillow, over every colour there is. */

import { equal, throws } from "node:assert/strict";
import { createHash } from "node:crypto";
import { rgbToHsv } from "../data/hsv.ts";
import { rgbToLuma } from "../data/luma.ts";
import pillow from "./fixtures/image/colour.json" with { type: "json" };

/** The 65,536 colours of one red, green slowest. */
function coloursOfRed(red: number) {
  const data = new Uint8Array(256 * 256 * 3);
  for (let green = 0, i = 0; green < 256; green++) {
    for (let blue = 0; blue < 256; blue++, i += 3) {
      data[i] = red;
      data[i + 1] = green;
      data[i + 2] = blue;
    }
  }
  return { width: 256, height: 256, data };
}

Deno.test("HSV equals Pillow's for all 16,777,216 colours", () => {
  const hash = createHash("sha256");
  for (let red = 0; red < 256; red++) hash.update(rgbToHsv(coloursOfRed(red)));
  equal(hash.digest("hex"), pillow.allColoursHsv);
});

Deno.test("luma equals Pillow's for all 16,777,216 colours", () => {
  const hash = createHash("sha256");
  for (let red = 0; red < 256; red++) hash.update(rgbToLuma(coloursOfRed(red)).data);
  equal(hash.digest("hex"), pillow.allColoursLuma);
});

Deno.test("HSV and luma refuse a picture whose bytes do not fit its size", () => {
  const short = { width: 4, height: 4, data: new Uint8Array(47) };
  throws(() => rgbToHsv(short), {
    name: "TypeError",
    message: "Cannot convert to HSV: a 4x4 image of 3 bytes a pixel wants 48 bytes, got 47",
  });
  throws(() => rgbToLuma({ width: 0, height: 4, data: new Uint8Array(0) }), TypeError);
});
