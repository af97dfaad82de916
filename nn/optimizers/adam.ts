/**
 * Adam, and Adam with decoupled weight decay.
 *
 * @module
 */

import { combine } from "../../autograd/ops/combine.ts";
import { scale } from "../../autograd/ops/scale.ts";
import { zerosLike } from "../../tensor/creation.ts";
import type { AdamResult, AdamStep } from "../../tensor/device.ts";
import { scope } from "../../tensor/scope.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { leaves, mapTree, type Tree, zipTrees } from "../../tensor/tree.ts";
import { adamStep } from "./adam_step.ts";
import {
  checkLikeParams,
  checkOption,
  type LearningRate,
  learningRateAt,
  type Optimizer,
  type OptimizerState,
} from "./optimizer.ts";

/** Options of {@linkcode adam} and {@linkcode adamW}; PyTorch's meanings and defaults. */
export interface AdamOptions {
  /** 1e-3 unless told. */
  readonly lr?: LearningRate;
  /** How much of the running mean and of the running square is kept: 0.9 and 0.999 unless told. */
  readonly betas?: readonly [number, number];
  /** What is added to the root of the running square: 1e-8 unless told. */
  readonly epsilon?: number;
  /** 0 for {@linkcode adam} and 0.01 for {@linkcode adamW} unless told. */
  readonly weightDecay?: number;
}

/** What {@linkcode adam} and {@linkcode adamW} remember. */
export type AdamState = OptimizerState & {
  /** The running mean of the gradients, like the parameters. */
  readonly mean: Tree;
  /** The running mean of their squares: the uncentred variance. */
  readonly variance: Tree;
};

/**
 * Adam: p − lr / (1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + epsilon) at the t-th update, with
 * m = β₁ · m + (1 − β₁) · g and v = β₂ · v + (1 − β₂) · g².
 *
 * Weight decay, if any, is added to the gradient: g + weightDecay · p.
 *
 * @throws {RangeError} if an option is out of range.
 * Source: Kingma and Ba, "Adam: a method for stochastic optimization", ICLR 2015, algorithm 1;
 * epsilon stands where PyTorch's `Adam` has it.
 * @example
 * ```ts
 * import { ok } from "node:assert/strict";
 * import { adam, tensor } from "../../mod.ts";
 *
 * const optimizer = adam({ lr: 0.1 });
 * const params = { weight: tensor([1, -1]) };
 * const [moved] = optimizer.update(params, { weight: tensor([5, -9]) }, optimizer.init(params));
 * ok(moved.weight.dataSync().every((x) => Math.abs(Math.abs(x) - 0.9) < 1e-6));
 * ```
 */
export function adam(options: AdamOptions = {}): Optimizer<AdamState> {
  const { weightDecay = 0 } = options;
  const decayed = (grads: Tree, params: Tree) =>
    weightDecay === 0 ? grads : zipTrees((g, p) => combine(g, 1, p, weightDecay), grads, params);
  return adaptive({ ...options, weightDecay }, decayed, (params) => params);
}

/**
 * Adam with decoupled weight decay: each parameter is first multiplied by 1 − lr · weightDecay, and
 * the gradient stays as it is.
 *
 * @throws {RangeError} if an option is out of range.
 * Source: Loshchilov and Hutter, "Decoupled weight decay regularization", ICLR 2019, algorithm 2; as
 * in PyTorch's `AdamW`.
 * @example
 * ```ts
 * import { ok } from "node:assert/strict";
 * import { adamW, tensor, zeros } from "../../mod.ts";
 *
 * const optimizer = adamW({ lr: 0.5, weightDecay: 1 });
 * const [moved] = optimizer.update(tensor(8), zeros([]), optimizer.init(tensor(8)));
 * ok(moved.dataSync()[0] === 4);
 * ```
 */
export function adamW(options: AdamOptions = {}): Optimizer<AdamState> {
  const { weightDecay = 0.01 } = options;
  return adaptive(
    { ...options, weightDecay },
    (grads) => grads,
    (params, lr) => mapTree(params, (p) => scale(p, 1 - lr * weightDecay)),
  );
}

type DecayGradients = (grads: Tree, params: Tree) => Tree;
type DecayParams = <Params extends Tree>(params: Params, lr: number) => Params;

function adaptive(
  options: AdamOptions & { readonly weightDecay: number },
  decayGradients: DecayGradients,
  decayParams: DecayParams,
): Optimizer<AdamState> {
  const { lr = 1e-3, betas = [0.9, 0.999], epsilon = 1e-8 } = options;
  const [beta1, beta2] = betas;
  if (typeof lr === "number") learningRateAt(lr, 0);
  const isShare = (x: number) => x >= 0 && x < 1;
  checkOption("betas[0]", beta1, isShare, "from 0 up to, not including, 1");
  checkOption("betas[1]", beta2, isShare, "from 0 up to, not including, 1");
  checkOption("epsilon", epsilon, (x) => x >= 0, "a finite number from 0 up");
  checkOption("weightDecay", options.weightDecay, (x) => x >= 0, "a finite number from 0 up");

  return {
    init(params: Tree): AdamState {
      return { step: 0, mean: mapTree(params, zerosLike), variance: mapTree(params, zerosLike) };
    },

    update<Params extends Tree>(
      params: Params,
      grads: Tree,
      state: AdamState,
      rate: LearningRate = lr,
    ): [Params, AdamState] {
      checkLikeParams("gradient", grads, params);
      checkLikeParams("mean", state.mean, params);
      checkLikeParams("variance", state.variance, params);
      const learningRate = learningRateAt(rate, state.step);
      const step = state.step + 1;
      const numbers: AdamStep = {
        stepSize: learningRate / (1 - beta1 ** step),
        beta1,
        beta2,
        deviationCorrection: Math.sqrt(1 - beta2 ** step),
        epsilon,
      };
      return scope(() => {
        const descents = leaves(decayGradients(grads, params));
        const [means, variances] = [leaves(state.mean), leaves(state.variance)];
        const moved = leaves(decayParams(params, learningRate)).map((weight, i) =>
          adamStep(weight, descents[i], means[i], variances[i], numbers)
        );
        const treeOf = <T extends Tree>(tree: T, part: keyof AdamResult<Tensor>): T => {
          let next = 0;
          return mapTree(tree, () => moved[next++][part]);
        };
        return [treeOf(params, "weight"), {
          step,
          mean: treeOf(state.mean, "mean"),
          variance: treeOf(state.variance, "variance"),
        }];
      });
    },
  };
}
