import { combine } from "../../autograd/ops/combine.ts";
import { zerosLike } from "../../tensor/creation.ts";
import { scope } from "../../tensor/scope.ts";
import { mapTree, type Tree, zipTrees } from "../../tensor/tree.ts";
import {
  checkLikeParams,
  checkOption,
  type LearningRate,
  learningRateAt,
  type Optimizer,
  type OptimizerState,
} from "./optimizer.ts";

/** Options of {@linkcode sgd}; PyTorch's meanings and defaults. */
export interface SgdOptions {
  /** The learning rate, from 0 up. */
  readonly lr: LearningRate;
  /** How much of the last step's direction is kept, 0 unless told. */
  readonly momentum?: number;
  /** How much of a new gradient is left out of the direction, 0 unless told. */
  readonly dampening?: number;
  /** Whether to look one step of momentum ahead. */
  readonly nesterov?: boolean;
  /** The factor of each parameter that is added to its gradient, 0 unless told. */
  readonly weightDecay?: number;
}

/** What {@linkcode sgd} remembers. */
export type SgdState = OptimizerState & {
  /** The direction of the last step, like the parameters; an empty tree without momentum. */
  readonly velocity: Tree;
};

/**
 * Stochastic gradient descent: p − lr · d, with d = g + weightDecay · p; with momentum the velocity
 * v = momentum · v + (1 − dampening) · d takes d's place (the first v is d, whatever the dampening),
 * and with Nesterov's d + momentum · v. A step may itself be differentiated.
 *
 * @throws {RangeError} if an option is out of range, or Nesterov's form is asked for without
 * momentum or with dampening.
 * Source: Sutskever, Martens, Dahl, Hinton, "On the importance of initialization and momentum in deep
 * learning", ICML 2013; as in PyTorch's `SGD`.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { sgd, tensor } from "../../mod.ts";
 *
 * const optimizer = sgd({ lr: 0.5 });
 * const params = { weight: tensor([1, 2]) };
 * const [moved] = optimizer.update(params, { weight: tensor([2, 4]) }, optimizer.init(params));
 * deepEqual([...moved.weight.dataSync()], [0, 0]);
 * ```
 */
export function sgd(options: SgdOptions): Optimizer<SgdState> {
  const { lr, momentum = 0, dampening = 0, nesterov = false, weightDecay = 0 } = options;
  if (typeof lr === "number") learningRateAt(lr, 0);
  checkOption("momentum", momentum, (x) => x >= 0, "a finite number from 0 up");
  checkOption("weightDecay", weightDecay, (x) => x >= 0, "a finite number from 0 up");
  checkOption("dampening", dampening, () => true, "a finite number");
  if (nesterov && (momentum === 0 || dampening !== 0)) {
    throw new RangeError(
      `Cannot optimise by Nesterov's momentum with momentum ${momentum} and dampening ` +
        `${dampening}: it needs momentum above 0 and no dampening`,
    );
  }

  return {
    init(params: Tree): SgdState {
      return { step: 0, velocity: momentum === 0 ? [] : mapTree(params, zerosLike) };
    },

    update<Params extends Tree>(
      params: Params,
      grads: Tree,
      { step, velocity }: SgdState,
      rate: LearningRate = lr,
    ): [Params, SgdState] {
      checkLikeParams("gradient", grads, params);
      if (momentum !== 0) checkLikeParams("velocity", velocity, params);
      const stepSize = learningRateAt(rate, step);
      const freshness = step === 0 ? 1 : 1 - dampening;
      return scope(() => {
        const descent = weightDecay === 0
          ? grads
          : zipTrees((g, p) => combine(g, 1, p, weightDecay), grads, params);
        const move = (direction: Tree) =>
          zipTrees((p, d) => combine(p, 1, d, -stepSize), params, direction);
        if (momentum === 0) return [move(descent), { step: step + 1, velocity: [] }];

        const faster = zipTrees(
          (v, d) => combine(v, momentum, d, freshness),
          velocity,
          descent,
        );
        const direction = nesterov
          ? zipTrees((d, v) => combine(d, 1, v, momentum), descent, faster)
          : faster;
        return [move(direction), { step: step + 1, velocity: faster }];
      });
    },
  };
}
