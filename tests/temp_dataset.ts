/**
 * A data folder that exists as long as a test.
 *
 * @module
 */

import { dirname, join } from "node:path";
import { encodeJpeg } from "../data/jpeg.ts";

/** A temporary folder; `await using` removes it. */
export interface TempDataset extends AsyncDisposable {
  readonly path: string;
  /** Writes a file, making its folders. */
  write(path: string, content: string | Uint8Array): Promise<void>;
}

/** Makes a temporary folder that holds the given files. */
export async function tempDataset(
  files: Record<string, string | Uint8Array> = {},
): Promise<TempDataset> {
  const path = await Deno.makeTempDir({ prefix: "rfmeta-test-" });
  const write = async (name: string, content: string | Uint8Array) => {
    const file = join(path, name);
    await Deno.mkdir(dirname(file), { recursive: true });
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    await Deno.writeFile(file, bytes);
  };
  for (const [name, content] of Object.entries(files)) await write(name, content);
  return {
    path,
    write,
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}

/** A square JPEG of one colour. */
export function plainJpeg(side: number, [r, g, b]: [number, number, number]): Promise<Uint8Array> {
  const data = new Uint8Array(side * side * 3);
  for (let i = 0; i < data.length; i += 3) data.set([r, g, b], i);
  return encodeJpeg({ width: side, height: side, data }, { quality: 95 });
}

/**
 * Files of a domain with its lists: live images `live/0.jpg`, … with depth maps, then spoofs
 * `spoof/0.jpg`, …, each of a grey of its own: `10 * index`, spoofs from 100 on.
 */
export async function domainFiles(
  name: string,
  { live, spoof, side = 16 }: { live: number; spoof: number; side?: number },
): Promise<Record<string, string | Uint8Array>> {
  const files: Record<string, string | Uint8Array> = {};
  const grey = (value: number) => plainJpeg(side, [value, value, value]);
  const lines = { real: "", fake: "" };
  for (let i = 0; i < live; i++) {
    files[`${name}/live/${i}.jpg`] = await grey(10 * i);
    files[`${name}/depth/live/${i}_depth.jpg`] = await grey(200 + i);
    lines.real += `live/${i}.jpg 1\n`;
  }
  for (let i = 0; i < spoof; i++) {
    files[`${name}/spoof/${i}.jpg`] = await grey(100 + 10 * i);
    lines.fake += `spoof/${i}.jpg 0\n`;
  }
  files[`${name}/depth/fake_depth.jpg`] = await grey(0);
  files[`${name}/image_list_real.txt`] = lines.real;
  files[`${name}/image_list_fake.txt`] = lines.fake;
  files[`${name}/image_list_all.txt`] = lines.fake + lines.real;
  return files;
}
