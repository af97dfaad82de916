/**
 * What a training step does with the domains: RFMetaFAS and its baselines, which differ in how the
 * domains are divided and how the meta learner adapts, and in nothing else.
 *
 * @module
 */

import { combine, stopGradient, valueAndGrad } from "../autograd/mod.ts";
import { mapTree, type Tensor, zipTrees } from "../tensor/mod.ts";
import type { NamedTensors } from "./networks/conv_block.ts";

/** A loss of the meta learner's weights, and what is carried along. */
export type EmbedderLoss<Aux> = (weights: NamedTensors) => [Tensor, Aux];

/** What adapting to one task gives. */
export interface Adapted<Aux> {
  /** The task's loss at the weights given. */
  readonly loss: Tensor;
  /** What the loss carried along. */
  readonly aux: Aux;
  /** The task's own weights of the meta learner. */
  readonly weights: NamedTensors;
  /** The inner gradient, where there is one. */
  readonly gradient?: NamedTensors;
}

/** One inner step of the meta learner on a task's loss. */
export type Adapt = <Aux>(
  loss: EmbedderLoss<Aux>,
  weights: NamedTensors,
  rate: number,
) => Adapted<Aux>;

/** Which of the shuffled domains are learned from, and which test what was learned. */
export interface Roles<Domain> {
  /** Learned from. */
  readonly metaTrain: readonly Domain[];
  /** Held out. */
  readonly metaTest: readonly Domain[];
}

/** A training method. */
export interface Method {
  /** One line for help texts. */
  readonly summary: string;
  /** The inner step. */
  readonly adapt: Adapt;
  /** Whether domains are held out in each iteration to test what was learned. */
  readonly holdsOut: boolean;
}

const secondOrder: Adapt = (loss, weights, rate) => {
  const [[value, aux], gradient] = valueAndGrad(loss)(weights);
  return { loss: value, aux, gradient, weights: descend(weights, gradient, rate) };
};

const firstOrder: Adapt = (loss, weights, rate) => {
  const [[value, aux], gradient] = valueAndGrad(loss)(weights);
  const constant = mapTree(gradient, stopGradient);
  return { loss: value, aux, gradient, weights: descend(weights, constant, rate) };
};

const unadapted: Adapt = (loss, weights) => {
  const [value, aux] = loss(weights);
  return { loss: value, aux, weights };
};

function descend(weights: NamedTensors, gradient: NamedTensors, rate: number): NamedTensors {
  return zipTrees((weight, g) => combine(weight, 1, g, -rate), weights, gradient);
}

/** The methods by name. */
export const METHODS = {
  "rfmeta": {
    summary: "the full method: second-order meta-update with depth regularisation",
    adapt: secondOrder,
    holdsOut: true,
  },
  "rfmeta-first-order": {
    summary: "the same with inner gradients taken as constants (first-order MAML)",
    adapt: firstOrder,
    holdsOut: true,
  },
  "no-meta": {
    summary: "joint training: classification and depth on all domains alike",
    adapt: unadapted,
    holdsOut: false,
  },
} as const satisfies Record<string, Method>;

/** Divides shuffled domains: the first `metaTrainSize` are learned from, the others test. */
export function divide<Domain>(
  domains: readonly Domain[],
  { holdsOut }: Method,
  metaTrainSize: number,
): Roles<Domain> {
  const size = holdsOut ? metaTrainSize : domains.length;
  return { metaTrain: domains.slice(0, size), metaTest: domains.slice(size) };
}

/** The name of a method. */
export type MethodName = keyof typeof METHODS;
