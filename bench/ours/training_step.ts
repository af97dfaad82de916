/**
 * The whole meta-update of our library: each run trains one step further.
 *
 * @module
 */

import {
  DEFAULTS,
  divide,
  initModel,
  METHODS,
  type NamedTensors,
  trainStep,
} from "../../meta/mod.ts";
import { optimizerOf } from "../../meta/optimizer.ts";
import { disposeReplaced, leaves, randomKey, scope, tensor, uniform } from "../../tensor/mod.ts";
import type { Prepared, StepWork } from "../work.ts";
import { worksOn } from "./repeated.ts";

const DOMAINS = 3;

/** Makes networks and one batch of each domain, on which every step learns. */
export function prepareStep(work: StepWork): Prepared {
  const config = { ...DEFAULTS, ...work };
  const count = 2 * work.batchSize;
  const depthSize = work.imageSize / 8;
  const batches = Array.from({ length: DOMAINS }, (_, domain) => ({
    images: uniform(randomKey(domain), [count, 6, work.imageSize, work.imageSize]),
    depths: uniform(randomKey(DOMAINS + domain), [count, 1, depthSize, depthSize]),
    labels: tensor(Array.from({ length: count }, (_, i) => i % 2)),
  }));
  const method = METHODS[config.method];
  const roles = divide(batches, method, config.metaTrainSize);
  const optimizer = optimizerOf(config, 1);
  const model = initModel(randomKey(2 * DOMAINS), config);
  let state = { ...model, optimizer: optimizer.init(model.weights) };

  /** One step, and its losses if they are wanted. */
  const step = (wanted: boolean): NamedTensors => {
    const { next, losses } = scope(() => {
      const { state: next, outcome } = trainStep(state, roles, method.adapt, config, optimizer);
      return { next, losses: wanted ? outcome.losses : {} };
    });
    disposeReplaced(state, next);
    state = next;
    return losses;
  };
  const end = () => {
    for (const leaf of [...leaves(state), ...leaves(batches)]) leaf.dispose();
  };
  if (!worksOn()) return { run: () => void step(false), end };

  let latest: NamedTensors = {};
  const forget = () => {
    for (const loss of leaves(latest)) loss.dispose();
    latest = {};
  };
  return {
    run() {
      forget();
      latest = step(true);
    },
    // As training does it: the losses together, which waits once.
    async settle() {
      await Promise.all(leaves(latest).map((loss) => loss.item()));
    },
    end() {
      forget();
      end();
    },
  };
}
