/**
 * The asking side of the protocol: a program that lives in a process of its own while it is measured.
 *
 * @module
 */

import {
  type Answer,
  type Driving,
  type Hello,
  linesOf,
  type MemoryUse,
  type Request,
} from "./protocol.ts";
import type { Work } from "./work.ts";

/** How a program is started. */
export interface ProgramCommand {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** A program that can be given work and timed. */
export interface Runner {
  readonly name: string;
  readonly hello: Hello;
  prepare(work: Work): Promise<void>;
  /** The milliseconds that so many runs of the prepared work took together. */
  run(times: number): Promise<number>;
  memory(): Promise<MemoryUse>;
}

/** A runner in a process of its own, which ends with it. */
export class ProcessRunner implements Runner, AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #requests: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #answers: AsyncGenerator<string>;
  readonly #complaints: Promise<string>;
  #hello: Hello = { versions: {}, threads: 1 };

  private constructor(readonly name: string, child: Deno.ChildProcess) {
    this.#child = child;
    this.#requests = child.stdin.getWriter();
    this.#answers = linesOf(child.stdout);
    this.#complaints = lastLine(child.stderr);
  }

  /**
   * Starts a program and hears its greeting.
   *
   * @throws {Error} if there is no such program or it ends at once.
   */
  static async start({ name, program, args, env }: ProgramCommand): Promise<ProcessRunner> {
    const command = new Deno.Command(program, {
      args: [...args],
      env,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    });
    const runner = new ProcessRunner(name, command.spawn());
    try {
      const { hello } = await runner.#hear();
      if (hello === undefined) throw new Error(`Cannot measure ${name}: it did not greet`);
      runner.#hello = hello;
      return runner;
    } catch (error) {
      await runner[Symbol.asyncDispose]();
      throw error;
    }
  }

  get hello(): Hello {
    return this.#hello;
  }

  async prepare(work: Work): Promise<void> {
    await this.#ask({ do: "prepare", work });
  }

  async run(times: number): Promise<number> {
    const { ms } = await this.#ask({ do: "run", times });
    if (ms === undefined) throw new Error(`${this.name} did not say how long it took`);
    return ms;
  }

  async memory(): Promise<MemoryUse> {
    const { memory } = await this.#ask({ do: "memory" });
    if (memory === undefined) throw new Error(`${this.name} did not say what it holds`);
    return memory;
  }

  /** @throws {Error} if the program does not compute on a GPU. */
  async driving(): Promise<Driving> {
    const { driving } = await this.#ask({ do: "driving" });
    if (driving === undefined) throw new Error(`${this.name} did not say what it asked for`);
    return driving;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A program that has died has closed its end already.
    await this.#requests.close().catch(() => {});
    await this.#child.status;
  }

  async #ask(request: Request): Promise<Answer> {
    try {
      await this.#requests.write(new TextEncoder().encode(JSON.stringify(request) + "\n"));
    } catch {
      throw await this.#end();
    }
    return await this.#hear();
  }

  async #hear(): Promise<Answer> {
    const { value, done } = await this.#answers.next();
    if (done) throw await this.#end();
    const answer: Answer = JSON.parse(value);
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer;
  }

  async #end(): Promise<Error> {
    const { code, signal } = await this.#child.status;
    const how = signal === null ? `with code ${code}` : `by ${signal}`;
    const complaint = await this.#complaints;
    return new Error(`${this.name} ended ${how}${complaint === "" ? "" : `: ${complaint}`}`);
  }
}

async function lastLine(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  let last = "";
  for await (const line of linesOf(stream)) if (line.trim() !== "") last = line.trim();
  return last;
}
