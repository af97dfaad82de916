/** Sizes read from headers, and absurd ones refused before anything is decoded. */

import { deepEqual, equal, rejects, throws } from "node:assert/strict";
import { decodeImage } from "../data/decode.ts";
import { decodeJpeg } from "../data/jpeg.ts";
import { checkImageSize, MAX_PIXELS, readImageHeader } from "../data/image_header.ts";
import { pictureFile, pictureFiles } from "./image_fixture.ts";

Deno.test("the header of every kind of file gives the format and size that Pillow gives", () => {
  for (const { name, width, height, bytes } of pictureFiles) {
    const format = ["jpeg", "png", "bmp"].find((known) => name.toLowerCase().includes(known));
    deepEqual(readImageHeader(bytes, name), { format, width, height }, name);
  }
});

Deno.test("a JPEG's header is found behind segments and fill bytes", () => {
  const { bytes } = pictureFile("JPEG of one pixel");
  const comment = [0xff, 0xfe, 0x00, 0x06, 0xff, 0xc0, 0x12, 0x34];
  const fill = [0xff, 0xff, 0xff];
  const longer = Uint8Array.of(0xff, 0xd8, ...comment, ...fill, ...bytes.subarray(2));
  deepEqual(readImageHeader(longer), { format: "jpeg", width: 1, height: 1 });
});

/** `value` big-endian at `offset`, in a copy. */
function patched(bytes: Uint8Array, offset: number, value: number[]): Uint8Array {
  const copy = bytes.slice();
  copy.set(value, offset);
  return copy;
}

function frameHeaderOffset(jpeg: Uint8Array): number {
  return jpeg.findIndex((byte, i) => byte === 0xff && jpeg[i + 1] === 0xc0);
}

const jpeg = pictureFile("baseline 4:2:0 JPEG").bytes;
const jpegSize = frameHeaderOffset(jpeg) + 5;
const png = pictureFile("8-bit RGB PNG").bytes;
const bmp = pictureFile("24-bit BMP").bytes;
const huge: [string, Uint8Array, string][] = [
  ["JPEG", patched(jpeg, jpegSize, [255, 255, 255, 255]), "65535x65535"],
  ["PNG", patched(png, 16, [127, 255, 255, 255, 127, 255, 255, 255]), "2147483647x2147483647"],
  ["BMP", patched(bmp, 18, [255, 255, 255, 127, 255, 255, 255, 127]), "2147483647x2147483647"],
];

for (const [format, bytes, size] of huge) {
  Deno.test(`a ${format} that claims ${size} pixels is refused at once`, async () => {
    await rejects(decodeImage(bytes, "huge.jpg"), {
      name: "RangeError",
      message: `Cannot decode huge.jpg: its header announces ${size} pixels, more than the ` +
        `67108864 allowed; if the file is sound, make the picture smaller`,
    });
  });
}

Deno.test("decodeJpeg alone refuses an absurd size as well", async () => {
  await rejects(decodeJpeg(huge[0][1]), RangeError);
});

Deno.test("the limit on pixels is the caller's to set, and is itself allowed", () => {
  const header = { format: "png", width: 8192, height: 8192 } as const;
  equal(header.width * header.height, MAX_PIXELS);
  checkImageSize(header);
  throws(() => checkImageSize({ ...header, height: 8193 }), RangeError);
  throws(() => checkImageSize(header, "a.png", 1e6), /Cannot decode a.png: .* the 1000000 allowed/);
});

const headerErrors: [string, Uint8Array, string][] = [
  [
    "JPEG of no height",
    patched(jpeg, jpegSize, [0, 0]),
    "its jpeg header gives the size 33x0, which has no pixels",
  ],
  [
    "PNG of no width",
    patched(png, 16, [0, 0, 0, 0]),
    "its png header gives the size 0x9, which has no pixels",
  ],
  [
    "BMP of negative width",
    patched(bmp, 18, [255, 255, 255, 255]),
    "its BMP header gives the width -1",
  ],
  [
    "BMP with an unknown header",
    patched(bmp, 14, [16, 0]),
    "its BMP header claims 16 bytes; 12 or 40 to 124 were expected",
  ],
  [
    "CMYK JPEG",
    patched(jpeg, jpegSize + 4, [4]),
    "it is a JPEG of 4 components (4 are CMYK); only grey and colour of 3 components are read: " +
    "save it as RGB",
  ],
  [
    "JPEG without a frame header",
    Uint8Array.of(0xff, 0xd8, 0xff, 0xd9),
    "its JPEG data do not say its size before the pixels begin",
  ],
  [
    "JPEG cut in its header",
    jpeg.subarray(0, jpegSize),
    "the file ends inside its header, after 163 bytes",
  ],
  ["PNG cut in its header", png.subarray(0, 23), "the file ends inside its header, after 23 bytes"],
  ["BMP cut in its header", bmp.subarray(0, 25), "the file ends inside its header, after 25 bytes"],
  [
    "GIF",
    new TextEncoder().encode("GIF89a.."),
    'it is neither JPEG, PNG nor BMP: it begins with "GIF89a.."',
  ],
];

for (const [kind, bytes, reason] of headerErrors) {
  Deno.test(`${kind}: the header is refused by name`, () => {
    throws(() => readImageHeader(bytes, "x/y.jpg"), {
      name: "Error",
      message: `Cannot read x/y.jpg: ${reason}`,
    });
  });
}
