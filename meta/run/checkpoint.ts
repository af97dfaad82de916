/**
 * Checkpoints: all that a run needs to go on, in one safetensors file.
 *
 * Its tensors are named by their place (`weights.extractor.inc.conv.0.weight`), its metadata hold the
 * step and the resolved config.
 *
 * @module
 */

import { decodeSafetensors, encodeSafetensors, type HostTensor } from "../../nn/mod.ts";
import { mapTree, namedLeaves, randomKey, scope, tensor, type Tree } from "../../tensor/mod.ts";
import { DEFAULTS, type TrainingConfig } from "../config.ts";
import { formatConfig, parseConfig } from "../config_file.ts";
import { initModel } from "../networks/model.ts";
import { optimizerOf } from "../optimizer.ts";
import type { TrainingState } from "../train_step.ts";

/** A run at one step. */
export interface Checkpoint {
  /** The settings it was trained with. */
  readonly config: TrainingConfig;
  /** Steps done. */
  readonly step: number;
  /** Weights, running statistics and what Adam remembers. */
  readonly state: TrainingState;
}

const FORMAT = "rfmeta checkpoint 1";

/** Writes a checkpoint: the same bytes for the same run. */
export async function encodeCheckpoint({ config, step, state }: Checkpoint): Promise<Uint8Array> {
  const tensors = await Promise.all(
    [...namedLeaves(tensorsOf(state))].map(async ([path, x]): Promise<[string, HostTensor]> => [
      path,
      { shape: x.shape, dtype: x.dtype, data: await x.data() },
    ]),
  );
  return await encodeSafetensors(Object.fromEntries(tensors), {
    format: FORMAT,
    step: String(step),
    optimizer_step: String(state.optimizer.step),
    config: formatConfig(config),
  });
}

/**
 * Reads a checkpoint onto the current device.
 *
 * @throws {Error} that names the file, and the tensor where there is one, if it is damaged, no
 * checkpoint of this package, or of networks of another shape than its config says.
 */
export async function decodeCheckpoint(bytes: Uint8Array, name: string): Promise<Checkpoint> {
  const { tensors, metadata } = await decodeSafetensors(bytes, name);
  if (metadata.format !== FORMAT) {
    throw new Error(
      `Cannot read ${name} as a checkpoint: its format must be "${FORMAT}", ` +
        `got ${JSON.stringify(metadata.format ?? "none")}`,
    );
  }
  const config = { ...DEFAULTS, ...parseConfig(metadata.config, `${name} (its config)`) };
  const step = count(metadata.step, "step", name);
  const optimizerStep = count(metadata.optimizer_step, "optimizer_step", name);
  return scope(() => {
    const template = emptyState(config);
    const found = new Set<string>();
    const filled = mapTree(tensorsOf(template), (expected, path) => {
      const stored = tensors[path];
      if (stored === undefined) throw new Error(`Cannot read ${name}: it lacks ${path}`);
      if (stored.shape.join() !== expected.shape.join() || stored.dtype !== expected.dtype) {
        throw new Error(
          `Cannot read ${name}: ${path} must be ${expected.dtype} [${expected.shape}], ` +
            `got ${stored.dtype} [${stored.shape}]`,
        );
      }
      found.add(path);
      return tensor(stored.data, stored.shape, { dtype: stored.dtype });
    });
    const surplus = Object.keys(tensors).find((path) => !found.has(path));
    if (surplus !== undefined) throw new Error(`Cannot read ${name}: it has an unknown ${surplus}`);
    const { optimizer, ...model } = filled;
    return { config, step, state: { ...model, optimizer: { ...optimizer, step: optimizerStep } } };
  });
}

/** The tensors of a state as a tree; Adam's count of steps is a number and stays outside. */
function tensorsOf({ weights, statistics, optimizer: { step: _, ...moments } }: TrainingState) {
  return { weights, statistics, optimizer: moments } satisfies Tree;
}

function emptyState(config: TrainingConfig): TrainingState {
  const { channelDivisor } = config;
  const model = initModel(randomKey(0), { channelDivisor, init: "zeros", normScale: "one" });
  return { ...model, optimizer: optimizerOf(config, 1).init(model.weights) };
}

function count(text: string | undefined, what: string, name: string): number {
  if (text === undefined || !/^\d{1,15}$/.test(text)) {
    throw new Error(`Cannot read ${name}: its ${what} must be a whole number, got ${text}`);
  }
  return Number(text);
}
