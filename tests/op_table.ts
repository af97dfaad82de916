/**
 * The op table: a row for each op and each interesting form of it. It feeds every suite: derivatives
 * in float64, agreement of devices and dtypes, coverage of the kernels.
 *
 * A new op, or a new way of calling one, is one row here.
 *
 * @module
 */

import * as rf from "../autograd/mod.ts";
import { randomKey } from "../tensor/random.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Tree } from "../tensor/tree.ts";
import {
  awayFromZero,
  digits,
  distinct,
  fractions,
  type Input,
  normals,
  positions,
  positives,
} from "./op_inputs.ts";

/** The exports of autograd/mod.ts that can have a row. */
export type OpName = keyof typeof rf;

/** One form of one op. `run` makes tensors only from its arguments, so it follows their device. */
export interface Row {
  readonly op: OpName;
  readonly form: string;
  readonly inputs: readonly Input[];
  readonly run: (...xs: Tensor[]) => Tree;
  /** Why no gradient flows, where none does. */
  readonly constant?: string;
}

/** What tests call a row. */
export function nameOf({ op, form }: Row): string {
  return `${op}: ${form}`;
}

type Run = Row["run"];
type Form = readonly [form: string, inputs: readonly Input[], run: Run];

function rows(op: OpName, ...forms: Form[]): Row[] {
  return forms.map(([form, inputs, run]) => ({ op, form, inputs, run }));
}

function constantRows(op: OpName, constant: string, ...forms: Form[]): Row[] {
  return forms.map(([form, inputs, run]) => ({ op, form, inputs, run, constant }));
}

/** The forms in which two operands meet. */
function pairs(op: OpName, right: typeof normals, run: (x: Tensor, y: Tensor) => Tensor): Row[] {
  return rows(
    op,
    ["one shape", [normals(2, 3), right(2, 3)], run],
    ["scalars", [normals(), right()], run],
    ["a scalar on the left", [normals(), right(2, 3)], run],
    ["a scalar on the right", [normals(2, 3), right()], run],
    ["by channel", [normals(2, 3, 2, 2), right(1, 3, 1, 1)], run],
    ["trailing axes", [normals(2, 2, 3), right(2, 3)], run],
    ["both sides repeated", [normals(3, 1), right(1, 4)], run],
    ["both sides repeated on axes that alternate", [normals(2, 1, 3, 1), right(3, 1, 2)], run],
    ["axes of length 1", [normals(1, 1), right(1)], run],
    ["an empty batch", [normals(0, 3), right(3)], run],
    ["an empty axis against one of length 1", [normals(2, 0), right(2, 1)], run],
  );
}

function elementwise(
  op: OpName,
  input: typeof normals,
  run: (x: Tensor) => Tensor,
): Row[] {
  return rows(
    op,
    ["a matrix", [input(3, 5)], run],
    ["a scalar", [input()], run],
    ["images", [input(2, 1, 3, 2)], run],
    ["nothing", [input(2, 0)], run],
  );
}

/** The ways to name axes, for an op that reduces over them. */
function reductions(
  op: OpName,
  input: typeof normals,
  run: (x: Tensor, axes?: number | readonly number[], keepdim?: boolean) => Tensor,
): Row[] {
  return rows(
    op,
    ["all axes", [input(2, 3, 2)], (x) => run(x)],
    ["all axes, kept", [input(2, 3)], (x) => run(x, undefined, true)],
    ["the first axis", [input(3, 4)], (x) => run(x, 0)],
    ["the last axis, from the end", [input(2, 3, 4)], (x) => run(x, -1)],
    ["a middle axis, kept", [input(2, 3, 2)], (x) => run(x, 1, true)],
    ["axes that are no neighbours", [input(2, 3, 2, 2)], (x) => run(x, [0, 2])],
    ["all but channels, kept, out of order", [input(2, 3, 2, 2)], (x) => run(x, [3, -2, 0], true)],
    ["axes of length 1", [input(1, 3, 1)], (x) => run(x, [0, 2])],
    ["a scalar", [input()], (x) => run(x)],
    ["nothing left", [input(0, 3)], (x) => run(x, 1)],
  );
}

const arithmetic = [
  ...pairs("add", normals, rf.add),
  ...rows(
    "add",
    ["a number", [normals(2, 3)], (x) => rf.add(1.5, x)],
    ["a tensor and itself", [normals(3)], (x) => rf.add(x, x)],
  ),
  ...pairs("sub", normals, rf.sub),
  ...rows(
    "sub",
    ["a number on the left", [normals(2, 3)], (x) => rf.sub(2, x)],
    ["a number on the right", [normals(2, 3)], (x) => rf.sub(x, 2)],
  ),
  ...pairs("mul", normals, rf.mul),
  ...rows(
    "mul",
    ["a number on the left", [normals(2, 3)], (x) => rf.mul(-2, x)],
    ["a number on the right", [normals(2, 3)], (x) => rf.mul(x, -2)],
    ["a tensor and itself", [normals(2, 3)], (x) => rf.mul(x, x)],
    ["a tensor and itself, repeated", [normals(1, 3)], (x) => rf.mul(x, rf.reshape(x, [3, 1]))],
  ),
  ...pairs("div", positives, rf.div),
  ...rows(
    "div",
    ["a number on the left", [positives(2, 3)], (x) => rf.div(2, x)],
    ["a number on the right", [normals(2, 3)], (x) => rf.div(x, 3)],
    ["a tensor and itself", [positives(3)], (x) => rf.div(x, x)],
  ),
  ...rows(
    "scale",
    ["a negative factor", [normals(2, 3)], (x) => rf.scale(x, -2.5)],
    ["zero", [normals(2, 3)], (x) => rf.scale(x, 0)],
    ["a scalar", [normals()], (x) => rf.scale(x, 3)],
  ),
  ...rows(
    "combine",
    ["two factors", [normals(2, 3), normals(2, 3)], (x, y) => rf.combine(x, -0.7, y, 1.6)],
    ["a step downhill", [normals(2, 3), normals(2, 3)], (x, y) => rf.combine(x, 1, y, -0.3)],
    ["factor 1 behind", [normals(3), normals(3)], (x, y) => rf.combine(x, 0.5, y, 1)],
    [
      "factors below 0",
      [normals(1, 3, 2, 2), normals(1, 3, 2, 2)],
      (x, y) => rf.combine(x, -1, y, -2),
    ],
    ["a tensor and itself", [normals(4)], (x) => rf.combine(x, 0.3, rf.exp(x), 2)],
    ["scalars", [normals(), normals()], (x, y) => rf.combine(x, 2, y, 3)],
    ["nothing", [normals(2, 0), normals(2, 0)], (x, y) => rf.combine(x, 2, y, 3)],
  ),
  ...rows(
    "pow",
    ["a square of any sign", [awayFromZero(2, 3)], (x) => rf.pow(x, 2)],
    ["a cube", [awayFromZero(2, 3)], (x) => rf.pow(x, 3)],
    ["an inverse", [positives(2, 3)], (x) => rf.pow(x, -1)],
    ["a root", [positives(2, 3)], (x) => rf.pow(x, 0.5)],
    ["a broken exponent", [positives(4)], (x) => rf.pow(x, -1.3)],
    ["exponent 1", [normals(3)], (x) => rf.pow(x, 1)],
    ["exponent 0", [normals(3)], (x) => rf.pow(x, 0)],
  ),
];

const elements = [
  ...elementwise("sqrt", positives, rf.sqrt),
  ...elementwise("exp", normals, rf.exp),
  ...elementwise("log", positives, rf.log),
  ...elementwise("sin", normals, rf.sin),
  ...elementwise("cos", normals, rf.cos),
  ...elementwise("tanh", normals, rf.tanh),
  ...elementwise("sigmoid", normals, rf.sigmoid),
  ...elementwise("softplus", normals, rf.softplus),
  ...elementwise("relu", awayFromZero, rf.relu),
  ...elementwise("abs", awayFromZero, rf.abs),
  ...elementwise("clip", distinct, (x) => rf.clip(x, -0.4, 0.6)),
  ...rows(
    "where",
    [
      "one shape",
      [awayFromZero(2, 3), normals(2, 3), normals(2, 3)],
      (m, x, y) => rf.where(rf.positive(m), x, y),
    ],
    [
      "a mask by channel",
      [awayFromZero(1, 3, 1, 1), normals(2, 3, 2, 1), normals(2, 3, 2, 1)],
      (m, x, y) => rf.where(rf.positive(m), x, y),
    ],
    [
      "branches smaller than the mask",
      [awayFromZero(2, 3, 2), normals(3, 1), normals()],
      (m, x, y) => rf.where(rf.positive(m), x, y),
    ],
    [
      "numbers for branches",
      [awayFromZero(5), normals(5)],
      (m, x) => rf.add(rf.where(rf.positive(m), x, -1), rf.where(rf.positive(m), 2, x)),
    ],
    [
      "a mask of its own branch",
      [awayFromZero(6)],
      (x) => rf.where(rf.greater(x, 0), rf.exp(x), rf.mul(x, x)),
    ],
  ),
  ...rows(
    "dropout",
    ["half of it", [normals(3, 4)], (x) => rf.dropout(x, 0.5, randomKey(5))],
    ["rate 0", [normals(5)], (x) => rf.dropout(x, 0, randomKey(5))],
    ["nothing", [normals(0, 2)], (x) => rf.dropout(x, 0.3, randomKey(5))],
  ),
  ...rows(
    "cast",
    ["to its own dtype", [normals(2, 3)], (x) => rf.cast(x, x.dtype)],
    [
      "of positions",
      [positions(4, 3), normals(3)],
      (index, x) => rf.mul(rf.cast(index, x.dtype), x),
    ],
  ),
  ...constantRows(
    "cast",
    "whole numbers have no derivative",
    ["to int32 and back", [normals(5)], (x) => rf.cast(rf.cast(x, "int32"), x.dtype)],
  ),
];

const LOCALLY_CONSTANT = "locally constant";

const choices = [
  ...constantRows(
    "positive",
    LOCALLY_CONSTANT,
    ["a matrix", [digits(2, 3)], (x) => rf.positive(rf.sub(x, 1))],
    ["nothing", [normals(0)], (x) => rf.positive(x)],
  ),
  ...[...pairs("greater", digits, (x, y) => rf.greater(rf.cast(rf.cast(x, "int32"), x.dtype), y))]
    .map((row) => ({ ...row, constant: LOCALLY_CONSTANT })),
  ...[...pairs("equal", digits, (x, y) => rf.equal(rf.cast(rf.cast(x, "int32"), x.dtype), y))]
    .map((row) => ({ ...row, constant: LOCALLY_CONSTANT })),
  ...constantRows(
    "greater",
    LOCALLY_CONSTANT,
    ["a number", [digits(5)], (x) => rf.add(rf.greater(x, 1), rf.greater(1, x))],
  ),
  ...constantRows(
    "equal",
    LOCALLY_CONSTANT,
    ["a number", [digits(5)], (x) => rf.equal(x, 1)],
  ),
  ...constantRows(
    "argmax",
    LOCALLY_CONSTANT,
    ["a vector", [distinct(5)], (x) => rf.argmax(x)],
    ["rows with ties", [digits(4, 5)], (x) => rf.argmax(x)],
    ["three axes", [distinct(2, 3, 4)], (x) => rf.argmax(x)],
    ["an axis of length 1", [normals(3, 1)], (x) => rf.argmax(x)],
    ["no rows", [normals(0, 3)], (x) => rf.argmax(x)],
  ),
  ...constantRows(
    "argmaxPool",
    LOCALLY_CONSTANT,
    ["kernel 2", [distinct(2, 2, 4, 4)], (x) => rf.argmaxPool(x, 2)],
    ["ties", [digits(1, 2, 6, 6)], (x) => rf.argmaxPool(x, 3)],
    [
      "windows that overlap and reach into padding",
      [distinct(1, 2, 5, 6)],
      (x) => rf.argmaxPool(x, 3, { stride: 2, padding: 1 }),
    ],
    [
      "rectangular and dilated",
      [distinct(1, 1, 6, 7)],
      (x) => rf.argmaxPool(x, [2, 3], { stride: [1, 2], dilation: [3, 2] }),
    ],
  ),
  ...constantRows(
    "stopGradient",
    "that is what it is for",
    ["a matrix", [normals(2, 3)], (x) => rf.stopGradient(x)],
  ),
];

const movement = [
  ...rows(
    "reshape",
    ["fewer axes", [normals(2, 3, 2)], (x) => rf.reshape(x, [6, 2])],
    ["an open length", [normals(2, 3)], (x) => rf.reshape(x, [3, 1, -1])],
    ["to a scalar", [normals(1, 1)], (x) => rf.reshape(x, [])],
    ["from a scalar", [normals()], (x) => rf.reshape(x, [1, 1])],
    ["nothing", [normals(0, 3)], (x) => rf.reshape(x, [3, 0, 2])],
  ),
  ...rows(
    "permute",
    ["three axes in a circle", [normals(2, 3, 4)], (x) => rf.permute(x, [2, 0, 1])],
    ["channels last", [normals(2, 3, 2, 2)], (x) => rf.permute(x, [0, 2, 3, 1])],
    ["from the end", [normals(2, 3, 2)], (x) => rf.permute(x, [-1, 0, 1])],
    ["the order they have", [normals(2, 3)], (x) => rf.permute(x, [0, 1])],
    ["a scalar", [normals()], (x) => rf.permute(x, [])],
    ["nothing", [normals(0, 2)], (x) => rf.permute(x, [1, 0])],
  ),
  ...rows(
    "transpose",
    ["a matrix", [normals(2, 3)], rf.transpose],
    ["a batch", [normals(2, 1, 3)], rf.transpose],
  ),
  ...rows(
    "broadcastTo",
    ["new axes", [normals(3)], (x) => rf.broadcastTo(x, [2, 2, 3])],
    ["a scalar", [normals()], (x) => rf.broadcastTo(x, [2, 3])],
    ["inner axes", [normals(1, 3, 1)], (x) => rf.broadcastTo(x, [2, 3, 2])],
    ["the shape it has", [normals(2, 3)], (x) => rf.broadcastTo(x, [2, 3])],
    ["to nothing", [normals(1, 3)], (x) => rf.broadcastTo(x, [0, 3])],
  ),
  ...rows(
    "sumTo",
    ["leading axes", [normals(2, 2, 3)], (x) => rf.sumTo(x, [3])],
    ["to a scalar", [normals(2, 3)], (x) => rf.sumTo(x, [])],
    ["inner axes", [normals(2, 3, 2)], (x) => rf.sumTo(x, [1, 3, 1])],
    ["alternating axes", [normals(2, 3, 2, 2)], (x) => rf.sumTo(x, [3, 1, 2])],
    ["the shape it has", [normals(2, 3)], (x) => rf.sumTo(x, [2, 3])],
    ["from nothing", [normals(0, 3)], (x) => rf.sumTo(x, [1, 3])],
  ),
  ...rows(
    "slice",
    ["a block", [normals(4, 5)], (x) => rf.slice(x, [1, 2], [2, 3])],
    ["a column", [normals(3, 4)], (x) => rf.slice(x, [0, 3], [3, 1])],
    ["four axes", [normals(2, 3, 3, 2)], (x) => rf.slice(x, [1, 0, 1, 0], [1, 2, 2, 2])],
    ["all of it", [normals(2, 3)], (x) => rf.slice(x, [0, 0], [2, 3])],
    ["nothing", [normals(3)], (x) => rf.slice(x, [3], [0])],
    ["a scalar", [normals()], (x) => rf.slice(x, [], [])],
  ),
  ...rows(
    "pad",
    ["a block", [normals(2, 3)], (x) => rf.pad(x, [1, 0], [4, 5])],
    ["images", [normals(1, 2, 2, 2)], (x) => rf.pad(x, [0, 0, 1, 2], [1, 2, 4, 5])],
    ["nothing around", [normals(2, 2)], (x) => rf.pad(x, [0, 0], [2, 2])],
    ["nothing inside", [normals(0, 2)], (x) => rf.pad(x, [1, 0], [3, 2])],
  ),
  ...rows(
    "cat",
    ["rows", [normals(2, 3), normals(1, 3)], (x, y) => rf.cat([x, y], 0)],
    ["columns, from the end", [normals(2, 3), normals(2, 1)], (x, y) => rf.cat([x, y], -1)],
    [
      "channels of three",
      [normals(2, 1, 2, 2), normals(2, 3, 2, 2), normals(2, 2, 2, 2)],
      (x, y, z) => rf.cat([x, y, z], 1),
    ],
    ["a tensor with itself", [normals(2, 2)], (x) => rf.cat([x, x], 1)],
    ["one alone", [normals(2, 2)], (x) => rf.cat([x], 0)],
    ["an empty one", [normals(0, 2), normals(2, 2)], (x, y) => rf.cat([x, y], 0)],
  ),
  ...rows(
    "stack",
    ["in front", [normals(2, 3), normals(2, 3)], (x, y) => rf.stack([x, y])],
    ["behind", [normals(2, 3), normals(2, 3)], (x, y) => rf.stack([x, y], -1)],
    ["scalars", [normals(), normals()], (x, y) => rf.stack([x, y, x])],
  ),
  ...rows(
    "split",
    ["rows", [normals(4, 2)], (x) => rf.split(x, [1, 3], 0)],
    ["columns, from the end", [normals(2, 5)], (x) => rf.split(x, [2, 0, 3], -1)],
  ),
];

const reductionsAndIndexing = [
  ...reductions("sum", normals, rf.sum),
  ...reductions("mean", normals, rf.mean),
  ...reductions("max", distinct, rf.max),
  ...reductions("min", distinct, rf.min),
  ...reductions(
    "variance",
    normals,
    (x, axes, keepdim) => rf.variance(x, axes, { keepdim, correction: 0 }),
  ),
  ...rows(
    "variance",
    ["unbiased", [normals(5)], (x) => rf.variance(x)],
    ["unbiased, by channel", [normals(2, 3, 2, 2)], (x) => rf.variance(x, [0, 2, 3])],
  ),
  ...rows(
    "sum",
    ["over no axis", [normals(2, 3)], (x) => rf.sum(x, [])],
    ["over nothing", [normals(0, 3)], (x) => rf.sum(x, 0)],
  ),
  ...rows("mean", ["over no axis", [normals(2, 3)], (x) => rf.mean(x, [])]),
  ...rows("max", ["over no axis", [normals(2, 3)], (x) => rf.max(x, [])]),
  ...rows(
    "gather",
    ["a vector", [normals(4), positions(4, 6)], (x, i) => rf.gather(x, i, 0)],
    ["the last axis", [normals(2, 5), positions(5, 2, 3)], (x, i) => rf.gather(x, i, -1)],
    ["the first axis", [normals(4, 3), positions(4, 6, 3)], (x, i) => rf.gather(x, i, 0)],
    ["a middle axis", [normals(2, 3, 2), positions(3, 2, 4, 2)], (x, i) => rf.gather(x, i, 1)],
    ["one place of each row", [normals(3, 4), positions(4, 3, 1)], (x, i) => rf.gather(x, i, 1)],
    ["nothing", [normals(3), positions(3, 0)], (x, i) => rf.gather(x, i, 0)],
  ),
  ...rows(
    "scatterAdd",
    ["a vector", [normals(6), positions(4, 6)], (x, i) => rf.scatterAdd(x, i, 0, [4])],
    [
      "the last axis",
      [normals(2, 3), positions(5, 2, 3)],
      (x, i) => rf.scatterAdd(x, i, -1, [2, 5]),
    ],
    [
      "the first axis",
      [normals(6, 3), positions(4, 6, 3)],
      (x, i) => rf.scatterAdd(x, i, 0, [4, 3]),
    ],
    [
      "a middle axis",
      [normals(2, 4, 2), positions(3, 2, 4, 2)],
      (x, i) => rf.scatterAdd(x, i, 1, [2, 3, 2]),
    ],
    ["nothing", [normals(0), positions(3, 0)], (x, i) => rf.scatterAdd(x, i, 0, [3])],
  ),
  ...rows(
    "dot",
    [
      "a list of tensors",
      [normals(2, 3), normals(2), normals(2, 3), normals(2)],
      (a, b, c, d) => rf.dot([a, b], [c, d]),
    ],
    ["with itself", [normals(2, 3)], (x) => rf.dot(x, x)],
  ),
];

const matrices = [
  ...rows(
    "matmul",
    ["matrices", [normals(2, 3), normals(3, 4)], rf.matmul],
    ["odd sizes", [normals(5, 7), normals(7, 1)], rf.matmul],
    ["a row by a column", [normals(1, 4), normals(4, 1)], rf.matmul],
    ["a batch", [normals(2, 2, 3), normals(2, 3, 2)], rf.matmul],
    ["a batch by one matrix", [normals(3, 2, 3), normals(3, 2)], rf.matmul],
    ["one matrix by a batch", [normals(2, 3), normals(3, 3, 2)], rf.matmul],
    ["leading axes on both sides", [normals(2, 1, 2, 3), normals(3, 3, 1)], rf.matmul],
    ["a matrix by itself", [normals(3, 3)], (x) => rf.matmul(x, x)],
    ["an empty batch", [normals(0, 3), normals(3, 2)], rf.matmul],
    ["no inner size", [normals(2, 0), normals(0, 3)], rf.matmul],
  ),
  ...rows(
    "linear",
    ["with a bias", [normals(3, 4), normals(2, 4), normals(2)], rf.linear],
    ["without one", [normals(3, 4), normals(2, 4)], (x, w) => rf.linear(x, w)],
    ["more leading axes", [normals(2, 3, 2), normals(3, 2), normals(3)], rf.linear],
    ["an empty batch", [normals(0, 4), normals(2, 4), normals(2)], rf.linear],
  ),
];

/** Image, filters and how they slide; the same forms for the three faces of a convolution. */
const CONVOLUTIONS: readonly (readonly [
  form: string,
  image: readonly [number, number, number, number],
  filters: readonly [number, number, number, number],
  slide: Omit<rf.Conv2dOptions, "bias">,
])[] = [
  ["3x3, padding 1", [2, 2, 4, 5], [3, 2, 3, 3], { padding: 1 }],
  ["1x1", [2, 3, 2, 3], [2, 3, 1, 1], {}],
  ["1x1, stride 2", [1, 2, 4, 5], [2, 2, 1, 1], { stride: 2 }],
  ["stride 2, padding 1", [1, 2, 5, 6], [2, 2, 3, 3], { stride: 2, padding: 1 }],
  ["pixels left over", [1, 1, 6, 7], [2, 1, 2, 2], { stride: 3 }],
  ["a rectangular kernel", [1, 2, 4, 5], [2, 2, 2, 3], {}],
  [
    "everything different along both axes",
    [2, 1, 6, 7],
    [2, 1, 3, 2],
    { stride: [2, 1], padding: [1, 2], dilation: [1, 3] },
  ],
  ["dilation 2", [1, 2, 5, 5], [1, 2, 3, 3], { padding: 2, dilation: 2 }],
  ["padding beyond the kernel", [1, 1, 2, 3], [2, 1, 2, 2], { padding: 3 }],
  ["a kernel as large as the image", [2, 2, 3, 2], [3, 2, 3, 2], {}],
  ["one pixel", [1, 1, 1, 1], [1, 1, 3, 3], { padding: 1 }],
  ["5x5, even stride", [1, 1, 6, 6], [1, 1, 5, 5], { stride: 2, padding: 2 }],
  ["an empty batch", [0, 2, 3, 3], [1, 2, 2, 2], {}],
];

const convolutions = CONVOLUTIONS.flatMap(([form, image, filters, slide]): Row[] => {
  const along = (i: 0 | 1) => {
    const of = (pair: rf.Conv2dOptions["stride"], otherwise: number) =>
      typeof pair === "number" ? pair : pair?.[i] ?? otherwise;
    const reach = of(slide.dilation, 1) * (filters[2 + i] - 1) + 1;
    const padded = image[2 + i] + 2 * of(slide.padding, 0);
    return Math.floor((padded - reach) / of(slide.stride, 1)) + 1;
  };
  const output = [image[0], filters[0], along(0), along(1)];
  return [
    ...rows("conv2d", [
      form,
      [normals(...image), normals(...filters)],
      (x, w) => rf.conv2d(x, w, slide),
    ]),
    ...rows("conv2dInput", [
      form,
      [normals(...output), normals(...filters)],
      (g, w) => rf.conv2dInput(g, w, image, slide),
    ]),
    ...rows("conv2dWeight", [
      form,
      [normals(...image), normals(...output)],
      (x, g) => rf.conv2dWeight(x, g, filters, slide),
    ]),
  ];
});

const images = [
  ...convolutions,
  ...rows(
    "conv2d",
    [
      "a bias",
      [normals(2, 2, 3, 3), normals(3, 2, 2, 2), normals(3)],
      (x, w, bias) => rf.conv2d(x, w, { bias, stride: [1, 2] }),
    ],
    [
      "a bias of odd channels on one pixel",
      [normals(2, 3, 1, 1), normals(5, 3, 3, 3), normals(5)],
      (x, w, bias) => rf.conv2d(x, w, { bias, padding: 1 }),
    ],
    [
      "a bias on an empty batch",
      [normals(0, 2, 3, 3), normals(3, 2, 2, 2), normals(3)],
      (x, w, bias) => rf.conv2d(x, w, { bias }),
    ],
    [
      "a bias that scales the filters too",
      [normals(1, 1, 3, 3), normals(2, 1, 2, 2), normals(2)],
      (x, w, b) => rf.conv2d(x, rf.mul(w, rf.reshape(b, [2, 1, 1, 1])), { bias: b }),
    ],
    ["a tensor by itself", [normals(2, 2, 2, 2)], (x) => rf.conv2d(x, x, { padding: 1 })],
  ),
  ...rows(
    "maxPool2d",
    ["kernel 2", [distinct(2, 2, 4, 4)], (x) => rf.maxPool2d(x, 2)],
    ["pixels left over", [distinct(1, 2, 5, 7)], (x) => rf.maxPool2d(x, 2)],
    [
      "windows that overlap and reach into padding",
      [distinct(1, 2, 5, 6)],
      (x) => rf.maxPool2d(x, 3, { stride: 2, padding: 1 }),
    ],
    [
      "rectangular and dilated",
      [distinct(1, 1, 5, 7)],
      (x) => rf.maxPool2d(x, [2, 3], { stride: [1, 2], dilation: [2, 2] }),
    ],
    ["an empty batch", [distinct(0, 2, 4, 4)], (x) => rf.maxPool2d(x, 2)],
  ),
  ...rows(
    "avgPool2d",
    ["kernel 2", [normals(2, 2, 4, 4)], (x) => rf.avgPool2d(x, 2)],
    ["odd kernel that divides", [normals(1, 3, 6, 4)], (x) => rf.avgPool2d(x, [3, 1])],
    ["pixels left over", [normals(1, 2, 5, 3)], (x) => rf.avgPool2d(x, 2)],
    ["windows that touch, in padding", [normals(1, 2, 4, 4)], (x) =>
      rf.avgPool2d(x, 2, {
        padding: 1,
      })],
    ["windows that skip pixels", [normals(1, 2, 6, 6)], (x) => rf.avgPool2d(x, 2, { stride: 3 })],
    [
      "windows that overlap and reach into padding",
      [normals(1, 2, 5, 6)],
      (x) => rf.avgPool2d(x, 3, { stride: 2, padding: 1 }),
    ],
    ["rectangular", [normals(1, 1, 4, 6)], (x) => rf.avgPool2d(x, [2, 3], { stride: [1, 2] })],
    ["an empty batch", [normals(0, 2, 4, 4)], (x) => rf.avgPool2d(x, 2)],
  ),
  ...rows(
    "adaptiveAvgPool2d",
    ["sizes that divide", [normals(2, 2, 4, 6)], (x) => rf.adaptiveAvgPool2d(x, [2, 3])],
    ["sizes that do not", [normals(1, 2, 5, 7)], (x) => rf.adaptiveAvgPool2d(x, [3, 4])],
    ["one size that divides", [normals(1, 2, 4, 5)], (x) => rf.adaptiveAvgPool2d(x, 2)],
    ["an empty batch", [normals(0, 2, 4, 4)], (x) => rf.adaptiveAvgPool2d(x, 2)],
    ["to one pixel", [normals(2, 3, 3, 2)], (x) => rf.adaptiveAvgPool2d(x, 1)],
    ["to more pixels", [normals(1, 1, 2, 3)], (x) => rf.adaptiveAvgPool2d(x, 5)],
  ),
];

const normalizeAndCut = (x: Tensor, w: Tensor, b: Tensor) => rf.batchNormRelu(x, w, b).output;

const normalisation = [
  ...rows(
    "batchNorm",
    [
      "images",
      [normals(2, 3, 2, 2), normals(3), normals(3)],
      (x, w, b) => rf.batchNorm(x, w, b).output,
    ],
    ["rows", [normals(5, 2), normals(2), normals(2)], (x, w, b) => rf.batchNorm(x, w, b).output],
    [
      "one image of odd size",
      [normals(1, 2, 3, 5), normals(2), normals(2)],
      (x, w, b) => rf.batchNorm(x, w, b).output,
    ],
    [
      "one axis more, another epsilon",
      [normals(3, 2, 4), normals(2), normals(2)],
      (x, w, b) => rf.batchNorm(x, w, b, 0.1).output,
    ],
    [
      "one channel, scale and shift the same tensor",
      [normals(4, 1, 2), normals(1)],
      (x, w) => rf.batchNorm(x, w, w).output,
    ],
  ),
  ...constantRows(
    "batchNorm",
    "the statistics are handed out as constants",
    [
      "the batch's statistics",
      [normals(2, 3, 2, 2), normals(3), normals(3)],
      (x, w, b) => {
        const { mean, variance } = rf.batchNorm(x, w, b);
        return { mean, variance };
      },
    ],
  ),
  // Positive scales and shifts leave each channel elements on both sides of the kink.
  ...rows(
    "batchNormRelu",
    ["images", [normals(2, 3, 2, 2), positives(3), fractions(3)], normalizeAndCut],
    ["rows", [normals(5, 2), positives(2), fractions(2)], normalizeAndCut],
    ["one image of odd size", [normals(1, 2, 3, 5), positives(2), fractions(2)], normalizeAndCut],
    ["odd channels, one pixel", [normals(4, 5, 1, 1), positives(5), fractions(5)], normalizeAndCut],
    ["one value a channel", [normals(1, 3, 1, 1), positives(3), fractions(3)], normalizeAndCut],
    [
      "one axis more, another epsilon",
      [normals(3, 2, 4), positives(2), fractions(2)],
      (x, w, b) => rf.batchNormRelu(x, w, b, 0.1).output,
    ],
    [
      "negative scales and shifts",
      [normals(3, 2, 2, 1), positives(2), fractions(2)],
      (x, w, b) => rf.batchNormRelu(x, rf.scale(w, -1), rf.scale(b, -1)).output,
    ],
    [
      "one channel, scale and shift the same tensor",
      [normals(6, 1, 2), fractions(1)],
      (x, w) => rf.batchNormRelu(x, w, w).output,
    ],
  ),
  ...constantRows(
    "batchNormRelu",
    "the statistics are handed out as constants",
    [
      "the batch's statistics",
      [normals(2, 3, 2, 2), normals(3), normals(3)],
      (x, w, b) => {
        const { mean, variance } = rf.batchNormRelu(x, w, b);
        return { mean, variance };
      },
    ],
  ),
];

const probabilities = [
  ...(["softmax", "logSoftmax"] as const).flatMap((op) =>
    rows(
      op,
      ["rows", [normals(2, 4)], (x) => rf[op](x)],
      ["a vector", [normals(5)], (x) => rf[op](x)],
      ["the first axis", [normals(3, 2)], (x) => rf[op](x, 0)],
      ["channels", [normals(2, 3, 2, 1)], (x) => rf[op](x, -3)],
      ["one class", [normals(3, 1)], (x) => rf[op](x)],
      ["an empty batch", [normals(0, 3)], (x) => rf[op](x)],
    )
  ),
  ...rows(
    "crossEntropy",
    ["several classes", [normals(4, 3), positions(3, 4)], rf.crossEntropy],
    ["one image", [normals(1, 5), positions(5, 1)], rf.crossEntropy],
  ),
  ...rows(
    "bceWithLogits",
    ["a batch", [normals(5), fractions(5)], rf.bceWithLogits],
    ["a column", [normals(3, 1), fractions(3, 1)], rf.bceWithLogits],
    ["a scalar", [normals(), fractions()], rf.bceWithLogits],
  ),
  ...rows(
    "mse",
    ["maps", [normals(2, 1, 2, 3), normals(2, 1, 2, 3)], rf.mse],
    ["a scalar", [normals(), normals()], rf.mse],
  ),
];

/** A step of gradient descent on w and what a block then makes of x. */
function adapted(block: (w: Tensor, x: Tensor) => Tensor): Run {
  return (w, x, y) => {
    const g = rf.grad((w: Tensor) => rf.mse(block(w, x), y))(w);
    return block(rf.sub(w, rf.scale(g, 0.5)), x);
  };
}

const curved = (w: Tensor, x: Tensor) => rf.sin(rf.mul(w, rf.exp(x)));

const recomputation = rows(
  "checkpoint",
  ["two arguments", [normals(2, 3), normals(2, 3)], rf.checkpoint(curved)],
  ["one argument given twice", [normals(3)], (x) => rf.checkpoint(curved)(x, x)],
  [
    "a closure over its own argument",
    [normals(3)],
    (x) => rf.checkpoint((y: Tensor) => rf.mul(rf.sin(x), rf.exp(y)))(x),
  ],
  [
    "closures over a variable and over what was made of it",
    [normals(2, 3), normals(3)],
    (x, w) => {
      const made = rf.exp(w);
      return rf.checkpoint((x: Tensor) => rf.mul(rf.sin(rf.mul(x, made)), w))(x);
    },
  ],
  [
    "several results, one of them unused",
    [normals(2), normals(2)],
    (x, y) => {
      const three = rf.checkpoint((x: Tensor, y: Tensor) => ({
        product: rf.mul(rf.sin(x), y),
        rest: [rf.exp(x), rf.sin(y)],
      }));
      const { product, rest } = three(x, y);
      return rf.add(product, rf.mul(rest[1], rest[1]));
    },
  ],
  [
    "a result twice, and an argument among the results",
    [normals(3), normals(3)],
    (x, y) =>
      rf.checkpoint((x: Tensor, y: Tensor) => {
        const both = rf.mul(x, rf.sin(y));
        return [both, y, both];
      })(x, y),
  ],
  [
    "an argument that does not matter",
    [normals(3), normals(2)],
    (x, y) => rf.checkpoint((x: Tensor, _: Tensor) => rf.exp(x))(x, y),
  ],
  [
    "one inside another",
    [normals(3), normals(3)],
    (w, x) => {
      const inner = rf.checkpoint(curved);
      return rf.checkpoint((x: Tensor) => rf.mul(inner(w, inner(x, w)), x))(x);
    },
  ],
  [
    "dropout by key",
    [normals(3, 4)],
    rf.checkpoint((x: Tensor) => rf.sin(rf.dropout(x, 0.5, randomKey(5)))),
  ],
  [
    "batch norm, whose statistics are carried along",
    [normals(4, 2), normals(2), normals(2)],
    (x, w, b) => {
      const norm = rf.checkpoint((x: Tensor) => {
        const { output, mean } = rf.batchNorm(rf.sin(x), w, b);
        return [output, mean];
      });
      return norm(x)[0];
    },
  ],
  [
    "positions as an argument",
    [normals(4), positions(4, 6)],
    rf.checkpoint((x: Tensor, index: Tensor) => rf.gather(rf.exp(x), index, 0)),
  ],
  [
    "inside an inner step",
    [fractions(2), fractions(2), fractions(2)],
    adapted(rf.checkpoint(curved)),
  ],
  [
    "around an inner step",
    [fractions(2), fractions(2), fractions(2)],
    rf.checkpoint(adapted(curved)),
  ],
  ["nothing", [normals(0, 2), normals(2)], rf.checkpoint(curved)],
);

/** Every row. */
export const OP_TABLE: readonly Row[] = [
  ...arithmetic,
  ...elements,
  ...choices,
  ...movement,
  ...reductionsAndIndexing,
  ...matrices,
  ...images,
  ...normalisation,
  ...probabilities,
  ...recomputation,
];
