/**
 * Writing files and folders; a file whole or not at all.
 *
 * @module
 */

/**
 * Writes a file aside, flushes it to the disk and renames it, so that a reader finds the old file or
 * the new one and never a part.
 *
 * @throws {Error} that names the file and what to do, if it cannot be written.
 */
export async function writeWhole(file: string, content: string | Uint8Array): Promise<void> {
  const aside = `${file}.tmp`;
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  try {
    {
      using handle = await Deno.open(aside, { write: true, create: true, truncate: true });
      for (let written = 0; written < bytes.length;) {
        written += await handle.write(bytes.subarray(written));
      }
      await handle.sync();
    }
    await Deno.rename(aside, file);
  } catch (error) {
    // A part of a file on a full disk only takes up room; that it is gone matters to nobody.
    await Deno.remove(aside).catch(() => {});
    throw new Error(
      `Cannot write ${file}: ${reasonOf(error)}; what stood there before is untouched. ` +
        `Make room or name another folder`,
      { cause: error },
    );
  }
}

/**
 * Adds text at the end of a file, which is made if it is not there.
 *
 * @throws {Error} that names the file, if it cannot be written.
 */
export async function appendText(file: string, text: string): Promise<void> {
  try {
    await Deno.writeTextFile(file, text, { append: true });
  } catch (error) {
    throw new Error(`Cannot write ${file}: ${reasonOf(error)}`, { cause: error });
  }
}

/**
 * Makes a folder, and those around it, unless it is there.
 *
 * @throws {Error} that names the folder, if it cannot be made.
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await Deno.mkdir(path, { recursive: true });
  } catch (error) {
    throw new Error(`Cannot make the folder ${path}: ${reasonOf(error)}`, { cause: error });
  }
}

/** An error's message, without the paths and numbers of the runtime. */
export function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "there is no such file or folder";
  return error instanceof Error ? error.message.split(" (os error")[0] : String(error);
}
