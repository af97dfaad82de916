/**
 * Agreement of two ways of computing a row of the op table: its values, and its gradients of the first
 * and second order.
 *
 * @module
 */

import { add } from "../autograd/ops/add.ts";
import { cast } from "../autograd/ops/cast.ts";
import { mul } from "../autograd/ops/mul.ts";
import { sum } from "../autograd/functions/sum.ts";
import { grad } from "../autograd/grad.ts";
import { normal } from "../tensor/creation.ts";
import { foldIn, randomKey } from "../tensor/random.ts";
import type { Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { leaves } from "../tensor/tree.ts";
import { drawInputs, type Place } from "./op_inputs.ts";
import { nameOf, type Row } from "./op_table.ts";

/** One tensor of a row: an output, or a gradient with respect to an input. */
export interface Outcome {
  readonly what: string;
  readonly shape: Shape;
  readonly numbers: ArrayLike<number>;
}

/** Runs a row and its gradients at a place, and reads what comes out. */
export async function outcomesOf(row: Row, place: Place): Promise<Outcome[]> {
  const inputs = drawInputs(row.inputs, nameOf(row), place);
  const isVariable = inputs.map(({ dtype }) => dtype !== "int32");
  const run = (variables: readonly Tensor[]) => {
    let next = 0;
    return leaves(row.run(...inputs.map((x, i) => isVariable[i] ? variables[next++] : x)));
  };
  const projection = (ys: readonly Tensor[], seed: number) =>
    ys.map((y, i) => {
      const g = normal(foldIn(randomKey(seed), i), y.shape, place);
      return sum(mul(cast(y, place.dtype), g));
    }).reduce((x, y) => add(x, y));
  const first = grad((variables: Tensor[]) => projection(run(variables), 1));
  const second = grad((variables: Tensor[]) => projection(first(variables), 2));

  const variables = inputs.filter((_, i) => isVariable[i]);
  const outputs = run(variables);
  const hasGradients = row.constant === undefined;
  const gradients = hasGradients ? first(variables) : [];
  const secondGradients = hasGradients ? second(variables) : [];
  const outcomes = await Promise.all([
    ...outputs.map((y, i) => read(`output ${i}`, y)),
    ...gradients.map((g, i) => read(`gradient ${i}`, g)),
    ...secondGradients.map((g, i) => read(`second gradient ${i}`, g)),
  ]);
  for (const x of [...inputs, ...outputs, ...gradients, ...secondGradients]) x.dispose();
  return outcomes;
}

async function read(what: string, x: Tensor): Promise<Outcome> {
  return { what, shape: x.shape, numbers: await x.data() };
}

/** The largest deviation of two outcomes, relative to the larger of 1 and the tensor's largest value. */
export function deviation(actual: Outcome, wanted: Outcome): number {
  if (String(actual.shape) !== String(wanted.shape)) return Infinity;
  const numbers = Array.from(wanted.numbers);
  const largest = numbers.filter(Number.isFinite)
    .reduce((most, x) => Math.max(most, Math.abs(x)), 1);
  return numbers.reduce((most, x, i) => {
    const found = actual.numbers[i];
    return Object.is(found, x) || found === x ? most : Math.max(most, gap(found, x) / largest);
  }, 0);
}

function gap(x: number, y: number): number {
  const distance = Math.abs(x - y);
  return Number.isNaN(distance) ? Infinity : distance;
}
