/**
 * `deno task bench`: measures kernels and the training step.
 *
 * @module
 */

import { flag, integer, list, run, text, WrongUsage } from "../meta/command_line.ts";
import { choice } from "../meta/command_line.ts";
import { writeWhole } from "../meta/run/write_whole.ts";
import { DEVICE_NAMES, init } from "../tensor/mod.ts";
import type { Case, CaseGroup } from "./case.ts";
import { CONVOLUTIONS } from "./cases/convolution.ts";
import { DENSE } from "./cases/dense.ts";
import { TRAINING_STEPS } from "./cases/training_step.ts";
import { measure, type Timing } from "./measure.ts";

const CASES: readonly Case[] = [...CONVOLUTIONS, ...DENSE, ...TRAINING_STEPS];
const GROUPS = [...new Set(CASES.map(({ group }) => group))];

/** A measured case, as `--json` writes it. */
interface Row extends Timing {
  readonly name: string;
  readonly device: string;
  readonly threads: number;
  readonly mode: "plain";
  readonly gflops: number | null;
}

await run({
  name: "bench",
  summary: "Measures kernels and the training step; times are medians of warm runs.",
  options: {
    device: choice("where to compute", DEVICE_NAMES, { default: "js" }),
    only: list("groups to measure", { label: GROUPS.join(","), default: GROUPS }),
    runs: integer("counted runs of each case", { default: 7, min: 1 }),
    json: text("write the rows to this file too", { label: "FILE" }),
    list: flag("print the cases and stop"),
  },
  async main({ device, only, runs, json, list }) {
    const unknown = only.find((group) => !GROUPS.includes(group as CaseGroup));
    if (unknown !== undefined) {
      throw new WrongUsage(`--only must name groups among ${GROUPS.join(", ")}, got "${unknown}"`);
    }
    const chosen = CASES.filter(({ group }) => only.includes(group));
    if (list) return console.log(chosen.map(({ name }) => name).join("\n"));
    await init(device);
    const rows: Row[] = [];
    for (const { name, operations, prepare } of chosen) {
      const timing = measure(prepare(), { warmup: 3, runs });
      const gflops = operations === undefined ? null : operations / timing.median_ms / 1e6;
      const row = { name, device, threads: 1, mode: "plain", ...timing, gflops } as const;
      rows.push(row);
      console.log(describe(row));
    }
    if (json !== undefined) await writeWhole(json, JSON.stringify(rows, null, 2) + "\n");
  },
});

function describe({ name, median_ms, gflops }: Row): string {
  const speed = gflops === null ? "" : `${gflops.toFixed(2)} GFLOP/s`;
  return `${median_ms.toFixed(2).padStart(10)} ms  ${speed.padStart(14)}  ${name}`;
}
