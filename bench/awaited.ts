/**
 * Work on a device that is still at it when a run returns.
 *
 * @module
 */

import type { Prepared } from "./work.ts";

/** A run with a result that can be waited for. */
export interface Awaited<Result> extends Pick<Prepared, "before" | "end"> {
  readonly begin: () => Result | Promise<Result>;
  /** Reads a number of the result, which waits until it is there. */
  readonly read: (result: Result) => Promise<unknown>;
  readonly free: (result: Result) => void;
}

/** How long samples last where waiting for their end takes 10 ms or so. */
export const AWAITED_SAMPLE_MS = 100;

/** Keeps each run's result until the next run, so that the last one can be waited for. */
export function awaited<Result>({ before, begin, read, free, end }: Awaited<Result>): Prepared {
  let latest: { readonly result: Result } | undefined;
  const drop = () => {
    if (latest !== undefined) free(latest.result);
    latest = undefined;
  };
  return {
    before,
    async run() {
      drop();
      latest = { result: await begin() };
    },
    async settle() {
      if (latest !== undefined) await read(latest.result);
    },
    end() {
      drop();
      end();
    },
  };
}
