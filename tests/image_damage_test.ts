/** Damaged files: an error that names the picture, or a picture; never a crash or a hang. */

import { deepEqual, equal, rejects } from "node:assert/strict";
import { crc32, deflateSync } from "node:zlib";
import { decodeImage } from "../data/decode.ts";
import { randomKey, uniformNumbers } from "../tensor/random.ts";
import { pictureFile, sha256 } from "./image_fixture.ts";

const NAME = "OULU/face 7.jpg";
const NAMED = /^Cannot (read|decode) OULU\/face 7\.jpg: /;

const kinds = [
  "baseline 4:2:0 JPEG",
  "progressive 4:2:2 JPEG",
  "progressive grey JPEG",
  "8-bit RGB PNG",
  "interlaced 4-bit palette PNG",
  "8-bit BMP",
  "32-bit BMP with masks",
];

for (const kind of kinds) {
  Deno.test(`${kind}, cut at any byte: an error that names the file`, async () => {
    const { bytes } = pictureFile(kind);
    const step = Math.ceil(bytes.length / 150);
    for (let length = 0; length < bytes.length; length += step) {
      await rejects(decodeImage(bytes.subarray(0, length), NAME), { message: NAMED }, `${length}`);
    }
  });

  Deno.test(`${kind}, bits flipped: a picture or an error that names the file`, async () => {
    const { bytes, sha256: sound } = pictureFile(kind);
    const flips = 150;
    const places = uniformNumbers(randomKey(kind.length), flips);
    let errors = 0;
    for (const place of places) {
      const damaged = bytes.slice();
      const bit = Math.floor(place * bytes.length * 8);
      damaged[bit >> 3] ^= 1 << (bit & 7);
      try {
        const { width, height, data } = await decodeImage(damaged, NAME);
        equal(data.length, width * height * 3);
      } catch (error) {
        if (!(error instanceof Error && NAMED.test(error.message))) throw error;
        errors++;
      }
    }
    equal(errors > 0, true, "no flip was noticed");
    equal(sha256(await decodeImage(bytes)), sound, "a sound file after the damaged ones");
  });
}

/** The PNG of these chunks, with right checksums. */
function png(...chunks: [string, Uint8Array][]): Uint8Array {
  const parts = [137, 80, 78, 71, 13, 10, 26, 10];
  for (const [type, body] of chunks) {
    const typed = Uint8Array.of(...new TextEncoder().encode(type), ...body);
    parts.push(...uint32(body.length), ...typed, ...uint32(crc32(typed)));
  }
  return Uint8Array.from(parts);
}

function uint32(value: number): number[] {
  return [value >>> 24, value >>> 16 & 255, value >>> 8 & 255, value & 255];
}

function header(
  { width = 2, height = 2, bits = 8, colourType = 2, compression = 0, interlace = 0 },
): [string, Uint8Array] {
  const body = [...uint32(width), ...uint32(height), bits, colourType, compression, 0, interlace];
  return ["IHDR", Uint8Array.from(body)];
}

const end: [string, Uint8Array] = ["IEND", new Uint8Array(0)];

function pixels(...raw: number[]): [string, Uint8Array] {
  return ["IDAT", deflateSync(Uint8Array.from(raw))];
}

Deno.test("a PNG put together by hand decodes", async () => {
  const image = await decodeImage(
    png(header({}), pixels(0, 1, 2, 3, 4, 5, 6, 2, 1, 1, 1, 1, 1, 1), end),
  );
  deepEqual([...image.data], [1, 2, 3, 4, 5, 6, 2, 3, 4, 5, 6, 7]);
});

const damagedPngs: [string, Uint8Array, RegExp][] = [
  [
    "pixel data that inflate to more than the header's size",
    png(header({}), ["IDAT", deflateSync(new Uint8Array(1e6))], end),
    /damaged: its pixel data do not inflate/,
  ],
  ["too little pixel data", png(header({}), pixels(0, 1, 2, 3), end), /14 bytes .* got 4/],
  ["no pixel data", png(header({}), end), /damaged: its pixel data do not inflate/],
  [
    "a row filter that PNG does not know",
    png(header({ height: 1 }), pixels(5, 1, 2, 3, 4, 5, 6), end),
    /no row filter 5/,
  ],
  [
    "a colour that its palette lacks",
    png(header({ height: 1, colourType: 3 }), ["PLTE", new Uint8Array(6)], pixels(0, 1, 2), end),
    /a pixel has colour 2 of a palette of 2/,
  ],
  [
    "a palette of a colour and a half",
    png(header({ height: 1, colourType: 3 }), ["PLTE", new Uint8Array(4)], pixels(0, 0, 0), end),
    /its palette has 4 bytes/,
  ],
  ["no palette", png(header({ height: 1, colourType: 3 }), pixels(0, 0, 0), end), /0 bytes/],
  ["colour type 5", png(header({ colourType: 5 }), end), /no colour type 5 with 8 bits/],
  ["RGB of 4 bits", png(header({ bits: 4 }), end), /no colour type 2 with 4 bits/],
  ["another compression", png(header({ compression: 1 }), end), /nobody defined/],
  ["another interlacing", png(header({ interlace: 2 }), end), /nobody defined/],
  ["a chunk before its header", png(end, header({})), /first PNG chunk is not IHDR/],
];

for (const [damage, bytes, message] of damagedPngs) {
  Deno.test(`a PNG with ${damage} is refused by name`, async () => {
    await rejects(decodeImage(bytes, NAME), (error) => {
      return error instanceof Error && NAMED.test(error.message) && message.test(error.message);
    });
  });
}
