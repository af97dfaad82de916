/**
 * `deno task bench --roofline`: what one meta-step at the paper's size takes at least on some GPU.
 *
 * @module
 */

import { writeWhole } from "../../meta/run/write_whole.ts";
import type { StepWork } from "../work.ts";
import { boundsOf, type GpuPeak } from "./bounds.ts";
import { recordStep } from "./step_calls.ts";
import { boundTables, memoryLine } from "./table.ts";

/** Full width, 256², 10 live and 10 spoof images of each domain. */
const PAPER: StepWork = { kind: "step", channelDivisor: 1, imageSize: 256, batchSize: 10 };

/** Prints the bounds, and writes those of each kernel and shape to a file if one is named. */
export async function showRoofline(peak: GpuPeak, file?: string): Promise<void> {
  const step = recordStep(PAPER);
  const bounds = boundsOf(step.calls, peak);
  console.log(
    `One meta-step of the full networks on three domains of ${PAPER.batchSize} + ` +
      `${PAPER.batchSize} images of ${PAPER.imageSize}².`,
  );
  for (const line of boundTables(bounds, peak)) console.log(line);
  console.log();
  const recomputed = recordStep({ ...PAPER, recompute: "stages" });
  console.log(memoryLine(step, recomputed, boundsOf(recomputed.calls, peak)));
  if (file !== undefined) await writeWhole(file, JSON.stringify({ peak, bounds }, null, 2) + "\n");
}
