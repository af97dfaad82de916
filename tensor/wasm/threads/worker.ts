/**
 * A worker's side of a team.
 *
 * @module
 */

import type { Shared } from "./shared.ts";
import type { makeThread } from "./thread.ts";

/**
 * A worker's whole life: wait for a job, join it, work, leave.
 *
 * The main thread closes a job without waiting for workers that have not joined, and writes the next
 * one as soon as nobody is joined. So a worker joins first and looks afterwards whether a job is
 * open: if one is, the main thread waits for this worker to leave before it changes the job.
 *
 * A worker gets this function as text, so it may name nothing of this module but types.
 */
export function serveTeam(shared: Shared, makeWorkerThread: typeof makeThread): void {
  const { state, next, joined, sleepers, failed, stopped, message, job, args } = shared;
  const { pause = () => {} } = Atomics as { pause?: () => void };
  const SPIN_MILLISECONDS = 0.1;

  const thread = makeWorkerThread(shared.memory, shared.scratchPages, () => {
    const bytes = new Uint8Array(shared.modules, job[1], job[2]);
    return new WebAssembly.Module(bytes.slice());
  });
  const ownArgs: number[] = [];
  let seen = 0;

  while (Atomics.load(stopped, 0) === 0) {
    if (!spin()) sleep();
    seen = Atomics.load(state, 0);
    if (!isOpen(seen)) continue;
    Atomics.add(joined, 0, 1);
    seen = Atomics.load(state, 0);
    if (isOpen(seen)) work();
    Atomics.sub(joined, 0, 1);
  }

  function isOpen(state: number): boolean {
    return (state & 1) === 1;
  }

  function spin(): boolean {
    const end = performance.now() + SPIN_MILLISECONDS;
    do {
      for (let i = 0; i < 100; i++) {
        if (Atomics.load(state, 0) !== seen) return true;
        pause();
      }
    } while (performance.now() < end);
    return false;
  }

  function sleep(): void {
    Atomics.add(sleepers, 0, 1);
    Atomics.wait(state, 0, seen);
    Atomics.sub(sleepers, 0, 1);
  }

  function work(): void {
    const tasks = job[3];
    ownArgs.length = job[5];
    for (let i = 0; i < ownArgs.length; i++) ownArgs[i] = args[i];
    try {
      const run = thread.entry(job[0], job[4]);
      for (let task; (task = Atomics.add(next, 0, 1)) < tasks;) thread.call(run, ownArgs, task);
    } catch (error) {
      Atomics.store(next, 0, tasks);
      if (Atomics.exchange(failed, 0, 1) === 0) record(String(error));
    }
  }

  function record(text: string): void {
    message[0] = Math.min(text.length, message.length - 1);
    for (let i = 0; i < message[0]; i++) message[i + 1] = text.charCodeAt(i);
  }
}
