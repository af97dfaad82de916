/**
 * Reading a file that the user named.
 *
 * @module
 */

import { reasonOf } from "./write_whole.ts";

/**
 * The bytes of a file.
 *
 * @throws {Error} that names the file and what is wrong, if it cannot be read.
 */
export async function readFile(file: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await Deno.readFile(file);
  } catch (error) {
    throw new Error(`Cannot read ${file}: ${reasonOf(error)}`, { cause: error });
  }
}

/**
 * The text of a file, without a byte order mark.
 *
 * @throws {Error} that names the file and what is wrong, if it cannot be read or is no text.
 */
export async function readText(file: string): Promise<string> {
  const bytes = await readFile(file);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw new Error(`Cannot read ${file}: it is not UTF-8 text`, { cause: error });
  }
}
