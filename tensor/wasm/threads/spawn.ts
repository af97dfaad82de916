/**
 * Starting a worker thread on whatever host this is: Deno, Node or a page.
 *
 * @module
 */

import type { Shared } from "./shared.ts";
import { makeThread } from "./thread.ts";
import { serveTeam } from "./worker.ts";

/** The part of `node:worker_threads` that is used; importing it would break a page's bundle. */
interface NodeThreads {
  readonly Worker: new (url: URL, options: { workerData: unknown }) => {
    on(event: "error", listener: () => void): void;
    unref(): void;
  };
}

interface NodeHost {
  readonly process?: { getBuiltinModule?(name: string): NodeThreads | undefined };
}

/**
 * Starts a worker that serves a team, and returns before it is up. Should it never come up, the team
 * does without it.
 *
 * @throws {Error} if the host refuses at once.
 */
export function spawn(shared: Shared): void {
  const { process } = globalThis as NodeHost;
  const node = process?.getBuiltinModule?.("node:worker_threads");
  if (node !== undefined) spawnNodeThread(node, shared);
  else spawnWebWorker(shared);
}

/**
 * On Deno too, because a web Worker would keep the program from ending. A `data:` URL needs neither
 * a file nor a permission, so the package may have been imported from anywhere.
 */
function spawnNodeThread(node: NodeThreads, shared: Shared): void {
  const source = `import { workerData } from "node:worker_threads";\n` +
    `(${serveTeam})(workerData, ${makeThread});`;
  const url = new URL(`data:text/javascript,${encodeURIComponent(source)}`);
  const worker = new node.Worker(url, { workerData: shared });
  worker.on("error", () => {});
  worker.unref();
}

function spawnWebWorker(shared: Shared): void {
  const source = `onmessage = ({ data }) => { (${serveTeam})(data, ${makeThread}); close(); };`;
  const blob = new Blob([source], { type: "text/javascript" });
  const worker = new Worker(URL.createObjectURL(blob), { type: "module" });
  worker.onerror = (event) => event.preventDefault();
  worker.postMessage(shared);
}
