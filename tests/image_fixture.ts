/** The picture files of tests/reference/image_files.py, with what Pillow makes of them. */

import { createHash } from "node:crypto";
import type { RgbImage } from "../data/image.ts";
import pillow from "./fixtures/image/files.json" with { type: "json" };

export interface PictureFile {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  /** Of the RGB bytes. */
  readonly sha256: string;
  readonly bytes: Uint8Array;
}

export const pictureFiles: PictureFile[] = pillow.files.map(({ base64, ...expected }) => ({
  ...expected,
  bytes: Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)),
}));

/** The file of that name. */
export function pictureFile(name: string): PictureFile {
  const file = pictureFiles.find((candidate) => candidate.name === name);
  if (!file) throw new Error(`tests/fixtures/image/files.json has no "${name}"`);
  return file;
}

export function sha256(image: RgbImage): string {
  return createHash("sha256").update(image.data).digest("hex");
}
