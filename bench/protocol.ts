/**
 * What a measured program and the one that measures it say to each other: a line of JSON each way.
 *
 * A program begins with a {@linkcode Hello}, then answers each request. It ends when its stdin does.
 *
 * @module
 */

import type { Work } from "./work.ts";

/** How a device computes. */
export type Mode = "plain" | "revectorize";

/** What a program says of itself. */
export interface Hello {
  /** Of whatever decides on the speed, by name. */
  readonly versions: Readonly<Record<string, string>>;
  readonly threads: number;
  readonly mode?: Mode;
  /** How long a sample is to last at least, so that waiting for its end is little of it; 5 unless told. */
  readonly sample_ms?: number;
}

/** What a program may be asked. */
export type Request =
  | { readonly do: "prepare"; readonly work: Work }
  | { readonly do: "run"; readonly times: number }
  | { readonly do: "memory" }
  | { readonly do: "driving" };

/** What a program's memory came to, in bytes. */
export interface MemoryUse {
  /** The most that the process ever held. */
  readonly peak: number;
  /** What the process holds now. */
  readonly resident?: number;
  /** What live tensors hold now, if the program counts it. */
  readonly live?: number;
  /** What buffers of a GPU take now, those kept for reuse included. */
  readonly device?: number;
}

/** What a GPU has been asked for since the program began. */
export interface Driving {
  readonly dispatches: number;
  /** Times that recorded work was handed over. */
  readonly submissions: number;
  /** Times that it was waited for. */
  readonly readBacks: number;
  /** Programs compiled. */
  readonly programs: number;
}

/** What a program answers; an answer without a word means "done". */
export interface Answer {
  readonly hello?: Hello;
  /** The milliseconds that the runs took together. */
  readonly ms?: number;
  readonly memory?: MemoryUse;
  readonly driving?: Driving;
  readonly error?: string;
}

/** The lines of a stream of bytes, each as soon as it is whole. */
export async function* linesOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  if (rest !== "") yield rest;
}

/** An error's message, on one line. */
export function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replaceAll(/\s+/g, " ").trim();
}
