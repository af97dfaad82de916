/**
 * Several threads that run the tasks of one kernel call at a time over shared memory.
 *
 * The main thread forks a job by writing it down and making the team's state odd. It takes tasks
 * like everybody else, makes the state even again when none is left, and waits for the workers that
 * have joined. A worker that sleeps is notified but never waited for.
 *
 * @module
 */

import { makeShared, type Shared } from "./shared.ts";
import { spawn } from "./spawn.ts";
import { makeThread, type Thread } from "./thread.ts";

/** Threads that compute together; the calling one is among them. */
export interface Team {
  /** How many threads may take part. */
  readonly threads: number;
  /**
   * Compiles a module that imports `env.memory` and `env.scratch` and exports `run`; returns the
   * number by which to run it.
   */
  load(bytes: Uint8Array<ArrayBuffer>): number;
  /**
   * Calls the kernel's `run(…args, task)` for every task from 0 to tasks − 1, on any thread and in
   * any order, and returns when all are done. Each thread's scratch memory holds `scratchBytes` at
   * least.
   *
   * @throws {Error} if a task traps; tasks that nobody had begun are not run then.
   */
  run(kernel: number, tasks: number, args: readonly number[], scratchBytes?: number): void;
  /** Ends the workers; kernels still run, on the calling thread alone. */
  stop(): void;
}

/** How {@linkcode startTeam} makes a team. */
export interface TeamOptions {
  /** The heap; if it is not shared, there is one thread. */
  readonly memory: WebAssembly.Memory;
  /** How many threads to use, the calling one included. */
  readonly threads: number;
  /** How large each thread's scratch memory is at first, in pages of 64 KiB. */
  readonly scratchPages: number;
  /** How many milliseconds of work that workers could share are done without them first. */
  readonly patience?: number;
}

/**
 * Starting a worker blocks for 50 to 90 ms in Deno. A program that computes little should not pay for
 * that, and one that computes much does not notice that it began alone.
 */
const PATIENCE_MILLISECONDS = 50;

/** Makes a team. Where memory is not shared or the host has no workers, it is one thread. */
export function startTeam(options: TeamOptions): Team {
  const { memory, threads, scratchPages, patience = PATIENCE_MILLISECONDS } = options;
  const alone = new LoneThread(memory, scratchPages);
  const canShare = typeof SharedArrayBuffer === "function" &&
    memory.buffer instanceof SharedArrayBuffer;
  if (threads <= 1 || !canShare) return alone;
  return new ThreadTeam(alone, threads, makeShared(memory, scratchPages), patience);
}

class LoneThread implements Team {
  readonly threads = 1;
  readonly thread: Thread;
  readonly #modules: WebAssembly.Module[] = [];

  constructor(memory: WebAssembly.Memory, scratchPages: number) {
    this.thread = makeThread(memory, scratchPages, (kernel) => this.#modules[kernel]);
  }

  load(bytes: Uint8Array<ArrayBuffer>): number {
    return this.#modules.push(new WebAssembly.Module(bytes)) - 1;
  }

  run(kernel: number, tasks: number, args: readonly number[], scratchBytes = 0): void {
    try {
      const run = this.thread.entry(kernel, scratchBytes);
      for (let task = 0; task < tasks; task++) this.thread.call(run, args, task);
    } catch (error) {
      throw failure(kernel, error);
    }
  }

  stop(): void {}
}

class ThreadTeam implements Team {
  readonly #alone: LoneThread;
  readonly #shared: Shared;
  readonly #moduleEnds: number[] = [];
  #threads: number;
  #workersStarted = false;
  #patience: number;

  constructor(alone: LoneThread, threads: number, shared: Shared, patience: number) {
    this.#alone = alone;
    this.#threads = threads;
    this.#shared = shared;
    this.#patience = patience;
    if (patience <= 0) this.#startWorkers();
  }

  get threads(): number {
    return this.#threads;
  }

  load(bytes: Uint8Array<ArrayBuffer>): number {
    const kernel = this.#alone.load(bytes);
    const { modules } = this.#shared;
    const start = modules.byteLength;
    modules.grow(start + bytes.length);
    new Uint8Array(modules, start).set(bytes);
    this.#moduleEnds.push(start + bytes.length);
    return kernel;
  }

  run(kernel: number, tasks: number, args: readonly number[], scratchBytes = 0): void {
    if (tasks <= 1 || this.#threads === 1) this.#alone.run(kernel, tasks, args, scratchBytes);
    else if (this.#workersStarted) this.#runTogether(kernel, tasks, args, scratchBytes);
    else this.#runBeforeStart(kernel, tasks, args, scratchBytes);
  }

  stop(): void {
    const { state, stopped } = this.#shared;
    this.#threads = 1;
    Atomics.store(stopped, 0, 1);
    Atomics.add(state, 0, 2);
    Atomics.notify(state, 0);
  }

  #runBeforeStart(
    kernel: number,
    tasks: number,
    args: readonly number[],
    scratchBytes: number,
  ): void {
    const start = performance.now();
    this.#alone.run(kernel, tasks, args, scratchBytes);
    this.#patience -= performance.now() - start;
    if (this.#patience <= 0) this.#startWorkers();
  }

  #startWorkers(): void {
    this.#workersStarted = true;
    try {
      for (let i = 1; i < this.#threads; i++) spawn(this.#shared);
    } catch {
      this.stop();
    }
  }

  #runTogether(
    kernel: number,
    tasks: number,
    args: readonly number[],
    scratchBytes: number,
  ): void {
    this.#writeJob(kernel, tasks, args, scratchBytes);
    this.#open();
    try {
      this.#takeTasks(kernel, tasks, args, scratchBytes);
    } finally {
      this.#close();
    }
    this.#throwWorkersFailure(kernel);
  }

  #writeJob(kernel: number, tasks: number, args: readonly number[], scratchBytes: number): void {
    const { job, args: sharedArgs, next, failed } = this.#shared;
    if (args.length > sharedArgs.length) {
      throw new RangeError(
        `Cannot run kernel ${kernel}: wanted at most ${sharedArgs.length} arguments, got ${args.length}`,
      );
    }
    const start = kernel === 0 ? 0 : this.#moduleEnds[kernel - 1];
    job[0] = kernel;
    job[1] = start;
    job[2] = this.#moduleEnds[kernel] - start;
    job[3] = tasks;
    job[4] = scratchBytes;
    job[5] = args.length;
    for (let i = 0; i < args.length; i++) sharedArgs[i] = args[i];
    Atomics.store(next, 0, 0);
    Atomics.store(failed, 0, 0);
  }

  #open(): void {
    const { state, sleepers } = this.#shared;
    Atomics.add(state, 0, 1);
    if (Atomics.load(sleepers, 0) > 0) Atomics.notify(state, 0);
  }

  #takeTasks(kernel: number, tasks: number, args: readonly number[], scratchBytes: number): void {
    const { next } = this.#shared;
    const { thread } = this.#alone;
    try {
      const run = thread.entry(kernel, scratchBytes);
      for (let task; (task = Atomics.add(next, 0, 1)) < tasks;) thread.call(run, args, task);
    } catch (error) {
      Atomics.store(next, 0, tasks);
      throw failure(kernel, error);
    }
  }

  #close(): void {
    const { state, joined } = this.#shared;
    Atomics.add(state, 0, 1);
    while (Atomics.load(joined, 0) > 0) pause();
  }

  #throwWorkersFailure(kernel: number): void {
    const { failed, message } = this.#shared;
    if (Atomics.load(failed, 0) === 0) return;
    throw failure(kernel, String.fromCharCode(...message.subarray(1, 1 + message[0])));
  }
}

const { pause = () => {} } = Atomics as { pause?: () => void };

function failure(kernel: number, cause: unknown): Error {
  return new Error(`Cannot run kernel ${kernel}: ${cause}`, { cause });
}
