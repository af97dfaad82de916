/**
 * Serves the page for a person to look at, in a browser and on a GPU of their own.
 *
 * @module
 */

import { openSite } from "./site.ts";
import { tempFolder } from "./temp_folder.ts";

const PORT = 8000;

if (import.meta.main) {
  await using folder = await tempFolder();
  await using site = await openSite(folder.path, PORT);
  console.error(`Open ${site.address("isolated", "webgpu")}; end with Ctrl-C`);
  await new Promise<void>((resolve) => Deno.addSignalListener("SIGINT", resolve));
}
