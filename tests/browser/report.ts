/**
 * What a page finds out and sends home.
 *
 * @module
 */

import type { DeviceName } from "../../tensor/mod.ts";

/** A row of the op table, and how far the page's numbers are from those of js in float64. */
export interface RowReport {
  readonly name: string;
  /** That of the worst output or gradient, or why there is none. */
  readonly deviation: number | string;
}

/** What a page found on a device. */
export interface PageReport {
  readonly device: DeviceName;
  /** The GPU, or how the device computes. */
  readonly computesWith: string;
  /** Whether memory can be shared with workers. */
  readonly sharesMemory: boolean;
  /** How many cores the page is told of. */
  readonly cores: number;
  /** How many threads compute. */
  readonly threads: number;
  /** Whether workers came to a job. */
  readonly workersCame: boolean;
  readonly rows: readonly RowReport[];
  /** The numbers of `secondOrder`. */
  readonly secondOrder: readonly number[];
  /** The losses of `metaSteps`. */
  readonly steps: readonly Readonly<Record<string, number>>[];
  /** What the browser's shader compiler had to say. */
  readonly shaderMessages: readonly string[];
  readonly milliseconds: Readonly<Record<string, number>>;
}

/** What a page sends home: its report, or why there is none. */
export type Sent = { readonly report: PageReport } | { readonly failure: string };
