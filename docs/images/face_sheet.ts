/**
 * Lays out examples of a synthetic set: a row for each domain, live faces left, attacks right.
 *
 *     deno run --allow-read --allow-write docs/images/face_sheet.ts runs/demo-data docs/images/faces.jpg
 *
 * @module
 */

import { join } from "node:path";
import {
  decodeImage,
  encodeJpeg,
  imagePath,
  openDataRoot,
  openDomain,
  readSamples,
  type Sample,
  SYNTHETIC_DOMAINS,
} from "../../data/mod.ts";
import { permutation, randomKey } from "../../tensor/mod.ts";

const COLUMNS = 12;
const GAP = 4;

const [dataset, sheetFile] = Deno.args;
const root = await openDataRoot(dataset);

function pick(samples: readonly Sample[], count: number): Sample[] {
  const order = permutation(randomKey(0), samples.length);
  return Array.from(order.subarray(0, count), (place) => samples[place]);
}

const rows = await Promise.all(SYNTHETIC_DOMAINS.map(async (name) => {
  const domain = await openDomain(root, name);
  const live = pick(await readSamples(domain, "real"), COLUMNS / 2);
  const spoof = pick(await readSamples(domain, "fake"), COLUMNS / 2);
  return await Promise.all([...live, ...spoof].map(async (sample) => {
    const path = imagePath(sample);
    return await decodeImage(await Deno.readFile(join(root.realPath, path)), path);
  }));
}));

const side = rows[0][0].width;
const width = COLUMNS * (side + GAP) + GAP;
const height = rows.length * (side + GAP) + GAP;
const data = new Uint8Array(width * height * 3).fill(255);
rows.forEach((row, r) =>
  row.forEach((image, c) => {
    for (let y = 0; y < side; y++) {
      const line = image.data.subarray(y * side * 3, (y + 1) * side * 3);
      const top = GAP + r * (side + GAP) + y;
      data.set(line, (top * width + GAP + c * (side + GAP)) * 3);
    }
  })
);
await Deno.writeFile(sheetFile, await encodeJpeg({ width, height, data }, { quality: 92 }));
