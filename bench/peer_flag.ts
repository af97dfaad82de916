/**
 * `--peers` may stand alone.
 *
 * @module
 */

import { GPU_PEERS } from "./programs.ts";

/** The peer that everyone would use instead. */
const UNLESS_NAMED = "torch";

/** Gives a bare `--peers` its value, which the command line wants. */
export function withNamedPeers(args: readonly string[]): string[] {
  return args.map((arg, i) => {
    if (!(arg === "--peers" && isOption(args[i + 1]))) return arg;
    return `--peers=${isOnGpu(args) ? GPU_PEERS.join(",") : UNLESS_NAMED}`;
  });
}

function isOption(arg: string | undefined): boolean {
  return arg === undefined || arg.startsWith("-");
}

function isOnGpu(args: readonly string[]): boolean {
  return args.includes("--device=webgpu") || args[args.indexOf("--device") + 1] === "webgpu";
}
