/** Encoding JPEG: the same bytes everywhere, true grey files, and what is refused. */

import { deepEqual, equal, notEqual, ok, rejects } from "node:assert/strict";
import { createHash } from "node:crypto";
import { decodeJpeg, encodeJpeg } from "../data/jpeg.ts";

const locationBefore = globalThis.location;

const WIDTH = 40;
const HEIGHT = 24;

/** A smooth picture with a hard edge. */
function scene(channels: 1 | 3) {
  const data = new Uint8Array(WIDTH * HEIGHT * channels);
  for (let i = 0; i < data.length; i++) {
    const x = Math.floor(i / channels) % WIDTH;
    const y = Math.floor(i / channels / WIDTH);
    data[i] = x > 30 ? 240 - 90 * (i % channels) : 4 * x + 3 * y + 20 * (i % channels);
  }
  return { width: WIDTH, height: HEIGHT, data };
}

const digest = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex").slice(0, 16);

/** Each component's horizontal and vertical sampling factors, as one byte. */
function samplingFactors(jpeg: Uint8Array): number[] {
  const frame = jpeg.findIndex((byte, i) => byte === 0xff && jpeg[i + 1] === 0xc0);
  ok(frame > 0, "no baseline frame header");
  const components = jpeg[frame + 9];
  return Array.from({ length: components }, (_, i) => jpeg[frame + 11 + 3 * i]);
}

Deno.test("the encoder's bytes are pinned", async () => {
  const digests = [
    digest(await encodeJpeg(scene(3), { quality: 90 })),
    digest(await encodeJpeg(scene(3), { quality: 90, subsample: "4:4:4" })),
    digest(await encodeJpeg(scene(1), { quality: 95 })),
  ];
  deepEqual(digests, ["2e1256a14745f087", "657ca31182f91cd1", "1317f06ebc07af44"]);
});

Deno.test("encodings that overlap and follow one another give the same bytes", async () => {
  const first = await encodeJpeg(scene(3), { quality: 80 });
  const [gray, again] = await Promise.all([
    encodeJpeg(scene(1), { quality: 30 }),
    encodeJpeg(scene(3), { quality: 80 }),
  ]);
  deepEqual(again, first);
  notEqual(digest(gray), digest(first));
});

Deno.test("one byte a pixel makes a grey JPEG of one component", async () => {
  deepEqual(samplingFactors(await encodeJpeg(scene(1), { quality: 95 })), [0x11]);
});

Deno.test("colour is kept at half resolution unless 4:4:4 is asked for", async () => {
  const half = await encodeJpeg(scene(3), { quality: 95 });
  const full = await encodeJpeg(scene(3), { quality: 95, subsample: "4:4:4" });
  deepEqual(samplingFactors(half), [0x22, 0x11, 0x11]);
  deepEqual(samplingFactors(full), [0x11, 0x11, 0x11]);
});

Deno.test("an all-zero depth map survives exactly", async () => {
  const black = { width: 32, height: 32, data: new Uint8Array(32 * 32) };
  const { data } = await decodeJpeg(await encodeJpeg(black, { quality: 95 }));
  deepEqual(data, new Uint8Array(32 * 32 * 3));
});

Deno.test("a grey picture comes back within a few levels, closer at higher quality", async () => {
  const depth = scene(1);
  const worst = async (quality: number) => {
    const { data } = await decodeJpeg(await encodeJpeg(depth, { quality }));
    return Math.max(...depth.data.map((value, i) => Math.abs(value - data[3 * i])));
  };
  const [fine, coarse] = [await worst(98), await worst(20)];
  ok(fine <= 6, `off by ${fine} at quality 98`);
  ok(fine < coarse, `off by ${fine} at quality 98 and by ${coarse} at 20`);
});

Deno.test("impossible options and pictures are refused", async () => {
  for (const quality of [0, 101, 90.5, NaN]) {
    await rejects(encodeJpeg(scene(3), { quality }), {
      name: "RangeError",
      message:
        `Cannot encode a JPEG: the quality must be a whole number from 1 to 100, got ${quality}`,
    });
  }
  const subsample: string = "4:1:1";
  await rejects(encodeJpeg(scene(3), { quality: 90, subsample: subsample as "4:4:4" }), RangeError);
  const short = { width: 4, height: 4, data: new Uint8Array(47) };
  await rejects(encodeJpeg(short, { quality: 90 }), TypeError);
  const long = { width: 65501, height: 1, data: new Uint8Array(65501) };
  await rejects(encodeJpeg(long, { quality: 90 }), /no side may be longer than 65500/);
});

Deno.test("the codec leaves globals as they were", async () => {
  await decodeJpeg(await encodeJpeg(scene(3), { quality: 90 }));
  equal(globalThis.location, locationBefore);
});
