/** Decoding against Pillow, kind by kind, and what is refused. */

import { deepEqual, equal, rejects } from "node:assert/strict";
import { decodeImage } from "../data/decode.ts";
import { decodeJpeg } from "../data/jpeg.ts";
import { pictureFile, pictureFiles, sha256 } from "./image_fixture.ts";

for (const file of pictureFiles) {
  Deno.test(`${file.name}: equal to Pillow bit for bit`, async () => {
    const image = await decodeImage(file.bytes, file.name);
    deepEqual([image.width, image.height], [file.width, file.height]);
    equal(sha256(image), file.sha256);
  });
}

Deno.test("decodings that overlap do not disturb each other", async () => {
  const files = pictureFiles.filter(({ name }) => name.includes("JPEG"));
  const images = await Promise.all(files.map(({ bytes }) => decodeImage(bytes)));
  deepEqual(images.map(sha256), files.map((file) => file.sha256));
});

Deno.test("a damaged JPEG does not disturb those that are decoded beside it", async () => {
  const { bytes, sha256: sound } = pictureFile("progressive 4:2:0 JPEG");
  const cut = bytes.subarray(0, 300);
  const results = await Promise.allSettled(
    [cut, bytes, cut, cut, bytes].map((file) => decodeJpeg(file)),
  );
  deepEqual(
    results.map((result) => result.status === "fulfilled" ? sha256(result.value) : "refused"),
    ["refused", sound, "refused", "refused", sound],
  );
});

Deno.test("a part of a larger buffer decodes like the file alone", async () => {
  for (const name of ["baseline 4:2:0 JPEG", "16-bit RGB PNG", "8-bit BMP"]) {
    const file = pictureFile(name);
    const larger = new Uint8Array(file.bytes.length + 20);
    larger.set(file.bytes, 7);
    const image = await decodeImage(larger.subarray(7, 7 + file.bytes.length), name);
    equal(sha256(image), file.sha256);
  }
});

Deno.test("decoding leaves the file's bytes as they were", async () => {
  for (const { name, bytes } of pictureFiles) {
    const before = bytes.slice();
    await decodeImage(bytes, name);
    deepEqual(bytes, before, name);
  }
});

const text = (content: string) => new TextEncoder().encode(content);

/** The file with the byte at `offset` replaced. */
function withByte(name: string, offset: number, value: number): Uint8Array {
  const bytes = pictureFile(name).bytes.slice();
  bytes[offset] = value;
  return bytes;
}

const BMP_BITS_OFFSET = 28;
const BMP_COMPRESSION_OFFSET = 30;

const refusals: [string, Uint8Array, string][] = [
  ["an empty file", new Uint8Array(0), "Cannot read a/b.jpg: the file is empty"],
  [
    "text named .jpg",
    text("hello, world"),
    'Cannot read a/b.jpg: it is neither JPEG, PNG nor BMP: it begins with "hello, w"',
  ],
  [
    "a TIFF",
    new Uint8Array([0x49, 0x49, 42, 0, 8, 0, 0, 0]),
    "Cannot read a/b.jpg: it is neither JPEG, PNG nor BMP: it begins with the bytes " +
    "49 49 2a 00 08 00 00 00",
  ],
  [
    "a JPEG without its last two bytes",
    pictureFile("baseline 4:2:0 JPEG").bytes.subarray(0, -2),
    "Cannot decode a/b.jpg: the file is cut short (Premature end of JPEG file)",
  ],
  [
    "a PNG without its last two bytes",
    pictureFile("8-bit RGB PNG").bytes.subarray(0, -2),
    "Cannot decode a/b.jpg: the file is cut short",
  ],
  [
    "a PNG with a wrong checksum",
    withByte("8-bit RGB PNG", pictureFile("8-bit RGB PNG").bytes.length - 20, 0),
    'Cannot decode a/b.jpg: the file is damaged: the chunk "IDAT" does not match its checksum',
  ],
  [
    "a BMP without its last pixels",
    pictureFile("8-bit BMP").bytes.subarray(0, -4),
    "Cannot decode a/b.jpg: the file is cut short: its pixels need 93 bytes from 1078 on, " +
    "the file has 1170 bytes",
  ],
  [
    "a run-length compressed BMP",
    withByte("8-bit BMP", BMP_COMPRESSION_OFFSET, 1),
    "Cannot decode a/b.jpg: BMP compression 1 is not read (run lengths, say); save it uncompressed",
  ],
  [
    "a BMP of 7 bits a pixel",
    withByte("8-bit BMP", BMP_BITS_OFFSET, 7),
    "Cannot decode a/b.jpg: a BMP of 7 bits a pixel is not known",
  ],
];

for (const [kind, bytes, message] of refusals) {
  Deno.test(`${kind} is refused by name`, async () => {
    await rejects(decodeImage(bytes, "a/b.jpg"), { name: "Error", message });
  });
}

Deno.test("a JPEG that ends in the middle of its pixels is refused, though Pillow reads on", async () => {
  const { bytes } = pictureFile("baseline 4:2:0 JPEG");
  const cut = new Uint8Array([...bytes.subarray(0, bytes.length * 3 / 4), 0xff, 0xd9]);
  await rejects(decodeJpeg(cut, "cut.jpg"), {
    message: "Cannot decode cut.jpg: the file is damaged or of an unknown kind " +
      "(Corrupt JPEG data: premature end of data segment)",
  });
});

Deno.test("bytes that are no Uint8Array are a TypeError", async () => {
  const wrong: unknown = "picture.jpg";
  await rejects(decodeImage(wrong as Uint8Array), {
    name: "TypeError",
    message: "Cannot read the image: its bytes must be a Uint8Array, got string",
  });
});

Deno.test("a BMP's palette index beyond the palette is refused", async () => {
  const bytes = pictureFile("8-bit BMP of 20 colours").bytes.slice();
  bytes[bytes.length - 4] = 20;
  await rejects(decodeImage(bytes, "p.bmp"), {
    message: "Cannot decode p.bmp: the file is damaged: a pixel has colour 20 of a palette of 20",
  });
});
