/**
 * What every thread does with a kernel, the main one and workers alike.
 *
 * @module
 */

/** A kernel's export `run`: its arguments, then the number of the task. */
export type Run = (...args: number[]) => void;

/** One thread: its own instances of the kernels, and its own scratch memory. */
export interface Thread {
  /** A kernel's entry, with at least `scratchBytes` of scratch memory. */
  entry(kernel: number, scratchBytes: number): Run;
  /** Calls an entry for one task. */
  call(run: Run, args: readonly number[], task: number): void;
}

/**
 * Makes the calling thread ready; `moduleOf` finds a kernel's module when it first runs here.
 *
 * A worker gets this function as text, so it may name nothing of this module but types.
 */
export function makeThread(
  memory: WebAssembly.Memory,
  scratchPages: number,
  moduleOf: (kernel: number) => WebAssembly.Module,
): Thread {
  const PAGE = 65536;
  const scratch = new WebAssembly.Memory({ initial: scratchPages, maximum: 65536 });
  const imports = { env: { memory, scratch } };
  const entries: Run[] = [];
  let scratchSize = scratchPages * PAGE;

  function entry(kernel: number, scratchBytes: number): Run {
    if (scratchBytes > scratchSize) growScratch(scratchBytes);
    return entries[kernel] ??= instantiate(kernel);
  }

  function growScratch(bytes: number): void {
    const pages = Math.ceil((bytes - scratchSize) / PAGE);
    scratch.grow(pages);
    scratchSize += pages * PAGE;
  }

  function instantiate(kernel: number): Run {
    const { exports } = new WebAssembly.Instance(moduleOf(kernel), imports);
    return exports.run as Run;
  }

  // `run(...a, task)` takes 180 to 310 ns for up to 12 arguments, this 25 to 45.
  function call(run: Run, a: readonly number[], task: number): void {
    switch (a.length) {
      case 0:
        return run(task);
      case 1:
        return run(a[0], task);
      case 2:
        return run(a[0], a[1], task);
      case 3:
        return run(a[0], a[1], a[2], task);
      case 4:
        return run(a[0], a[1], a[2], a[3], task);
      case 5:
        return run(a[0], a[1], a[2], a[3], a[4], task);
      case 6:
        return run(a[0], a[1], a[2], a[3], a[4], a[5], task);
      case 7:
        return run(a[0], a[1], a[2], a[3], a[4], a[5], a[6], task);
      case 8:
        return run(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], task);
      case 9:
        return run(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8], task);
      case 10:
        return run(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8], a[9], task);
      case 11:
        return run(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8], a[9], a[10], task);
      case 12:
        return run(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8], a[9], a[10], a[11], task);
      default:
        return run(...a, task);
    }
  }

  return { entry, call };
}
