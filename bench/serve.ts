/**
 * The answering side of the protocol, for programs in TypeScript.
 *
 * @module
 */

import process from "node:process";
import {
  type Answer,
  type Driving,
  type Hello,
  linesOf,
  type MemoryUse,
  reasonOf,
  type Request,
} from "./protocol.ts";
import type { Prepared, Work } from "./work.ts";

/** What a program can do. */
export interface Program {
  readonly hello: Hello;
  /** @throws {Error} that says why, where the work is beyond the program. */
  readonly prepare: (work: Work) => Prepared | Promise<Prepared>;
  /** What it knows of its own memory. */
  readonly holds?: () => Pick<MemoryUse, "live" | "device">;
  /** What it has asked of a GPU, if it computes on one. */
  readonly driving?: () => Driving;
}

/** Starts a program and answers requests until there are no more. */
export async function serve(start: () => Program | Promise<Program>): Promise<void> {
  // Libraries greet and warn on stdout, which belongs to the protocol.
  console.log = console.info = console.error;
  try {
    const program = await start();
    say({ hello: program.hello });
    await answerAll(program);
  } catch (error) {
    say({ error: reasonOf(error) });
  }
}

async function answerAll(program: Program): Promise<void> {
  let prepared: Prepared | undefined;
  const answer = async (request: Request): Promise<Answer> => {
    switch (request.do) {
      case "prepare":
        prepared?.end();
        prepared = undefined;
        prepared = await program.prepare(request.work);
        return {};
      case "run":
        if (prepared === undefined) throw new Error("Cannot run: no work has been prepared");
        return { ms: await timeRuns(prepared, request.times) };
      case "memory":
        return { memory: { ...ofProcess(), ...program.holds?.() } };
      case "driving":
        if (program.driving === undefined) throw new Error("Cannot ask: there is no GPU");
        return { driving: program.driving() };
    }
  };
  for await (const line of linesOf(Deno.stdin.readable)) {
    try {
      say(await answer(JSON.parse(line)));
    } catch (error) {
      say({ error: reasonOf(error) });
    }
  }
}

async function timeRuns(prepared: Prepared, times: number): Promise<number> {
  const { before } = prepared;
  if (before === undefined) return await timeTogether(prepared, times);
  let total = 0;
  for (let i = 0; i < times; i++) {
    await before();
    total += await timeTogether(prepared, 1);
  }
  return total;
}

async function timeTogether({ run, settle }: Prepared, times: number): Promise<number> {
  const began = performance.now();
  for (let i = 0; i < times; i++) {
    const waiting = run();
    if (waiting !== undefined) await waiting;
  }
  await settle?.();
  return performance.now() - began;
}

/** Deno refuses /proc/self to whoever has no full permissions; this needs none. */
function ofProcess(): Pick<MemoryUse, "peak" | "resident"> {
  return { peak: process.resourceUsage().maxRSS * 1024, resident: Deno.memoryUsage().rss };
}

function say(answer: Answer): void {
  const bytes = new TextEncoder().encode(JSON.stringify(answer) + "\n");
  for (let written = 0; written < bytes.length;) {
    written += Deno.stdout.writeSync(bytes.subarray(written));
  }
}
