/**
 * The programs that are measured and how each is started: our library, and its peers.
 *
 * @module
 */

import type { Mode } from "./protocol.ts";
import type { ProgramCommand } from "./runner.ts";

/** The peers that compute on a GPU. */
export const GPU_PEERS = ["tfjs-webgpu", "jax-js-webgpu", "onnxruntime-web"] as const;

/** The peers, as `--peers` names them. */
export const PEERS = ["torch", "torch-tuned", "tfjs", "jax-js", ...GPU_PEERS] as const;

/** The name of a peer. */
export type PeerName = typeof PEERS[number];

/** Debian's own, which sees Debian's python3-torch whatever else is on the path. */
const PYTHON = "/usr/bin/python3";
/** Like all of Debian's, a `deno` on the path. */
const DENO = "deno";

/**
 * V8 then makes 256-bit vectors of pairs of 128-bit ones; bounds are checked as ever. A process can be
 * told only when it starts.
 */
const MODE_FLAGS: Readonly<Record<Mode, readonly string[]>> = {
  plain: [],
  revectorize: ["--v8-flags=--experimental-wasm-revectorize"],
};

/**
 * glibc hands each large block back to the system and asks for it anew, which costs a page fault for
 * every 4 KiB; told so, it keeps them.
 */
const REUSING_MALLOC = {
  MALLOC_MMAP_MAX_: "0",
  MALLOC_TRIM_THRESHOLD_: String(2 ** 36),
  MALLOC_TOP_PAD_: String(2 ** 28),
};

/** One way to run our library. */
export interface Setting {
  readonly device: string;
  readonly mode: Mode;
  /** All cores unless told. */
  readonly threads?: number;
}

/** Our library, to be given work. */
export function subject(setting: Setting): ProgramCommand {
  return ours("subject.ts", setting);
}

/** Our library, for one small convolution. */
export function coldSubject(setting: Setting): ProgramCommand {
  return ours("cold_start.ts", setting);
}

function ours(file: string, { device, mode, threads }: Setting): ProgramCommand {
  const args = [device, ...(threads === undefined ? [] : [String(threads)])];
  return {
    name: device,
    program: DENO,
    args: ["run", "--quiet", ...MODE_FLAGS[mode], urlOf(file), ...args],
  };
}

/** A peer, to be given work. */
export function peer(name: PeerName): ProgramCommand {
  const cores = String(navigator.hardwareConcurrency);
  switch (name) {
    case "torch":
      return { name, program: PYTHON, args: ["-B", pathOf("torch_peer.py"), cores] };
    case "torch-tuned":
      return {
        name,
        program: PYTHON,
        args: ["-B", pathOf("torch_peer.py"), cores, "--channels-last"],
        env: REUSING_MALLOC,
      };
    case "tfjs":
      return inDeno(name, "peers/tfjs_peer.ts", "wasm");
    case "tfjs-webgpu":
      return inDeno(name, "peers/tfjs_peer.ts", "webgpu");
    case "jax-js":
      return inDeno(name, "peers/jax_js_peer.ts", "wasm");
    case "jax-js-webgpu":
      return inDeno(name, "peers/jax_js_peer.ts", "webgpu");
    case "onnxruntime-web":
      return inDeno(name, "peers/onnxruntime_peer.ts");
  }
}

/** Packages read their WebAssembly from where Deno keeps it, which only Deno knows. */
function inDeno(name: PeerName, file: string, ...args: string[]): ProgramCommand {
  return { name, program: DENO, args: ["run", "--quiet", "--allow-read", urlOf(file), ...args] };
}

/**
 * A peer, for one small convolution.
 *
 * @throws {Error} if that is not measured.
 */
export function coldPeer(name: PeerName): ProgramCommand {
  if (name !== "torch") throw new Error("only torch's cold start is measured");
  return { name, program: PYTHON, args: ["-B", pathOf("torch_cold_start.py")] };
}

function urlOf(file: string): string {
  return new URL(file, import.meta.url).href;
}

function pathOf(file: string): string {
  return decodeURIComponent(new URL(`peers/${file}`, import.meta.url).pathname);
}
