/**
 * The site that a browser visits: the page, the bundle, and a place to send reports to.
 *
 * @module
 */

import { join } from "node:path";
import type { Sent } from "./report.ts";

const ROOT = new URL("../../", import.meta.url);

/** What a page is told, by the first part of its path: `isolated` ones may share memory. */
const HEADERS = {
  isolated: {
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
  },
  open: {},
};

/** Whether a page may share memory with workers. */
export type Isolation = keyof typeof HEADERS;

const FILES: Readonly<Record<string, string>> = {
  "page.html": "text/html",
  "rfmeta.js": "text/javascript",
  "examine.js": "text/javascript",
};

/** A site on this machine. */
export interface Site extends AsyncDisposable {
  /** Where the page for a device is. */
  address(isolation: Isolation, device: string): string;
  /** What the next page sends. */
  nextReport(): Promise<Sent>;
}

/** Makes one JavaScript file of a module and all that it imports, as `deno task bundle` does. */
export async function bundle(module: string, output: string): Promise<void> {
  const { code, stderr } = await new Deno.Command("deno", {
    args: ["bundle", "--quiet", "--platform", "browser", "--output", output, module],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  }).output();
  if (code !== 0) {
    throw new Error(`Cannot bundle ${module}: ${new TextDecoder().decode(stderr)}`);
  }
}

/** Makes the files of the site in a folder, and serves them. */
export async function openSite(folder: string, port = 0): Promise<Site> {
  await Promise.all([
    bundle("meta/browser.ts", join(folder, "rfmeta.js")),
    bundle("tests/browser/examine.ts", join(folder, "examine.js")),
    Deno.copyFile(new URL("page.html", import.meta.url), join(folder, "page.html")),
  ]);
  let coming = Promise.withResolvers<Sent>();
  const server = Deno.serve({ hostname: "127.0.0.1", port, onListen() {} }, async (request) => {
    const [, isolation, file] = new URL(request.url).pathname.split("/");
    if (file === "report") {
      coming.resolve(await request.json());
      return new Response();
    }
    if (!isIsolation(isolation) || !Object.hasOwn(FILES, file)) {
      return new Response(null, { status: 404 });
    }
    const headers = { ...HEADERS[isolation], "content-type": FILES[file] };
    return new Response(await Deno.readFile(join(folder, file)), { headers });
  });
  return {
    address: (isolation, device) =>
      `http://127.0.0.1:${server.addr.port}/${isolation}/page.html?device=${device}`,
    nextReport() {
      coming = Promise.withResolvers();
      return coming.promise;
    },
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

function isIsolation(name: string): name is Isolation {
  return Object.hasOwn(HEADERS, name);
}
