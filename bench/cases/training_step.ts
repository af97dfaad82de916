/**
 * The whole meta-update: its time, the memory that it needs, and whether it leaks.
 *
 * @module
 */

import type { Case } from "../case.ts";
import { embedderOperations, stepOperations } from "../operations.ts";
import type { EmbedderWork, StepWork } from "../work.ts";

const FULL: StepWork = { kind: "step", channelDivisor: 1, imageSize: 256, batchSize: 1 };
const SMALL: StepWork = { kind: "step", channelDivisor: 4, imageSize: 64, batchSize: 5 };
const FULL_RECOMPUTED: StepWork = { ...FULL, recompute: "stages" };
const PAPER: StepWork = { ...FULL_RECOMPUTED, batchSize: 10 };
const TINY: StepWork = { kind: "step", channelDivisor: 32, imageSize: 32, batchSize: 1 };

const EMBEDDER: EmbedderWork = { kind: "embedder", channelDivisor: 4, batch: 20, side: 32 };
const FULL_EMBEDDER: EmbedderWork = { ...EMBEDDER, channelDivisor: 1 };

/** The cases of this file. */
export const TRAINING_STEPS: readonly Case[] = [
  {
    name: "meta-step, full width, 256², 1 + 1 images a domain",
    group: "step-full",
    measure: "time",
    work: FULL,
    operations: stepOperations(FULL),
  },
  {
    name: "meta-step, width / 4, 64², 5 + 5 images a domain",
    group: "step-small",
    measure: "time",
    work: SMALL,
    operations: stepOperations(SMALL),
  },
  {
    name: "second-order step of the embedder, width / 4, 20×32×32×32",
    group: "step-embedder",
    measure: "time",
    work: EMBEDDER,
    operations: embedderOperations(EMBEDDER),
  },
  {
    name: "second-order step of the embedder, full width, 20×128×32×32",
    group: "step-embedder",
    measure: "time",
    work: FULL_EMBEDDER,
    operations: embedderOperations(FULL_EMBEDDER),
  },
  {
    name: "meta-step, full width, 256², 1 + 1 images a domain, stages recomputed",
    group: "step-paper",
    measure: "time",
    work: FULL_RECOMPUTED,
    operations: stepOperations(FULL_RECOMPUTED),
  },
  {
    name: "meta-step, full width, 256², 10 + 10 images a domain, stages recomputed",
    group: "step-paper",
    measure: "time",
    work: PAPER,
    operations: stepOperations(PAPER),
  },
  {
    name: "peak memory of the paper's meta-step, 10 + 10 images a domain, stages recomputed",
    group: "step-paper",
    measure: "peak-memory",
    work: PAPER,
    operations: stepOperations(PAPER),
  },
  {
    name: "peak memory of the full-width meta-step",
    group: "memory",
    measure: "peak-memory",
    work: FULL,
    operations: stepOperations(FULL),
  },
  {
    name: "live bytes of a tiny training",
    group: "memory",
    measure: "live-memory",
    work: TINY,
    operations: stepOperations(TINY),
  },
  {
    name: "a tiny training on a GPU",
    group: "gpu",
    measure: "gpu-memory",
    work: TINY,
    operations: stepOperations(TINY),
  },
  {
    name: "meta-step on a GPU, width / 4, 64², 5 + 5 images a domain",
    group: "gpu",
    measure: "gpu-driving",
    work: SMALL,
    operations: stepOperations(SMALL),
  },
];
