/**
 * A folder that exists as long as it is in use.
 *
 * @module
 */

/** A temporary folder; `await using` removes it. */
export interface TempFolder extends AsyncDisposable {
  readonly path: string;
}

/** Makes an empty folder. */
export async function tempFolder(): Promise<TempFolder> {
  const path = await Deno.makeTempDir({ prefix: "rfmeta-browser-" });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}
