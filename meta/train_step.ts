/**
 * One iteration of training, as a function from state to state.
 *
 * @module
 */

import { valueAndGrad } from "../autograd/mod.ts";
import type { AdamState, Optimizer } from "../nn/mod.ts";
import { scope } from "../tensor/mod.ts";
import { type DomainBatch, metaLoss, type MetaOptions, type MetaOutcome } from "./meta_loss.ts";
import type { Adapt, Roles } from "./methods.ts";
import type { Model, PerNetwork } from "./networks/model.ts";

/** What training carries from step to step. */
export type TrainingState = Model & { readonly optimizer: AdamState };

/** What a step leaves behind. */
export type StepResult = {
  readonly state: TrainingState;
  readonly outcome: MetaOutcome;
  /** The gradient of the whole loss. */
  readonly gradients: PerNetwork;
};

/** Differentiates the meta-loss and moves all three networks; the state given stays as it is. */
export function trainStep(
  state: TrainingState,
  roles: Roles<DomainBatch>,
  adapt: Adapt,
  options: MetaOptions,
  optimizer: Optimizer<AdamState>,
): StepResult {
  return scope(() => {
    const differentiated = valueAndGrad((weights: PerNetwork) =>
      metaLoss(weights, state.statistics, roles, adapt, options)
    );
    const [[, outcome], gradients] = differentiated(state.weights);
    const [weights, optimizerState] = optimizer.update(state.weights, gradients, state.optimizer);
    const next = { weights, statistics: outcome.statistics, optimizer: optimizerState };
    return { state: next, outcome, gradients };
  });
}
