/**
 * What people get wrong, and the words they are answered with.
 */

import { equal, ok } from "node:assert/strict";
import * as rf from "../autograd/mod.ts";
import { full, normal, ones, tensor, uniform, zeros } from "../tensor/creation.ts";
import { DEVICE_NAMES, deviceNamed } from "../tensor/devices.ts";
import { jsDevice } from "../tensor/js/device.ts";
import { foldIn, randomKey } from "../tensor/random.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { mapTree, type Tree, zipTrees } from "../tensor/tree.ts";

const f32 = (...shape: number[]) => ones(shape);
const f64 = (...shape: number[]) => ones(shape, { dtype: "float64" });
const int = (...shape: number[]) => zeros(shape, { dtype: "int32" });
const elsewhere = (...shape: number[]) => ones(shape, { device: { ...jsDevice, name: "far" } });

/** What a caller without types may pass. */
function untyped<T>(value: unknown): T {
  return value as T;
}

function gone(): Tensor {
  const x = rf.exp(f32(2, 3));
  x.dispose();
  return x;
}

type Misuse = readonly [action: () => unknown, said: string];

const MAKING: Misuse[] = [
  [
    () => tensor([[1, 2], [3]]),
    "TypeError: Cannot make a tensor from ragged arrays: [0] has shape [2], [1] has [1]",
  ],
  [
    () => tensor([[[1], [2]], [[3], [4, 5]]]),
    "TypeError: Cannot make a tensor from ragged arrays: [1][0] has shape [1], [1][1] has [2]",
  ],
  [
    () => tensor([1, [2]]),
    "TypeError: Cannot make a tensor from ragged arrays: [0] has shape [], [1] has [1]",
  ],
  [
    () => tensor(untyped([1, "2"])),
    "TypeError: Cannot make a tensor: [1] must be a number, an array or a typed array, " +
    "got string",
  ],
  [
    () => tensor(untyped([[1], [null]])),
    "TypeError: Cannot make a tensor: [1][0] must be a number, an array or a typed array, " +
    "got null",
  ],
  [
    () => tensor(untyped("text")),
    "TypeError: Cannot make a tensor: the data must be a number, an array or a typed " +
    "array, got string",
  ],
  [
    () => tensor([1, 2, 3], [2, 2]),
    "TypeError: Cannot make a tensor of shape [2,2]: it holds 4 numbers, got 3",
  ],
  [
    () => tensor([1, 2], [-1, -2]),
    "RangeError: Cannot make a tensor: a shape needs whole numbers from 0 up, got [-1,-2]",
  ],
  [
    () => zeros([2, -1]),
    "RangeError: Cannot make a tensor: a shape needs whole numbers from 0 up, got [2,-1]",
  ],
  [
    () => full([1.5], 0),
    "RangeError: Cannot make a tensor: a shape needs whole numbers from 0 up, got [1.5]",
  ],
  [
    () => zeros([NaN]),
    "RangeError: Cannot make a tensor: a shape needs whole numbers from 0 up, got [NaN]",
  ],
  [
    () => zeros([2], { device: untyped("tpu") }),
    `RangeError: Cannot use device "tpu": there is ${DEVICE_NAMES.join(", ")}`,
  ],
  [
    () =>
      zeros([2], { dtype: "float64", device: { ...jsDevice, name: "far", dtypes: ["float32"] } }),
    "TypeError: Cannot put a float64 tensor on far: it holds float32",
  ],
  [
    () =>
      tensor(1, [], {
        dtype: "float64",
        device: { ...jsDevice, name: "far", dtypes: ["float32"] },
      }),
    "TypeError: Cannot put a float64 tensor on far: it holds float32",
  ],
  [
    () => uniform(randomKey(0), [2], { dtype: "int32" }),
    "TypeError: Cannot draw uniform numbers as int32: use float32 or float64",
  ],
  [
    () => normal(randomKey(0), [2], { dtype: "int32" }),
    "TypeError: Cannot draw normal numbers as int32: use float32 or float64",
  ],
  [
    () => normal(randomKey(0), [-2]),
    "RangeError: Cannot make a tensor: a shape needs whole numbers from 0 up, got [-2]",
  ],
  [
    () => randomKey(-1),
    "RangeError: Cannot make a random key: the seed must be a whole number from 0 to 2^53 " +
    "- 1, got -1",
  ],
  [
    () => foldIn(randomKey(0), 0.5),
    "RangeError: Cannot fold 0.5 into a random key: it must be a whole number from 0 to " +
    "2^32 - 1",
  ],
  [
    () => deviceNamed(untyped("toString")),
    `RangeError: Cannot use device "toString": there is ${DEVICE_NAMES.join(", ")}`,
  ],
];

const ELEMENTWISE: Misuse[] = [
  [
    () => rf.add(f32(2), f32(3)),
    "TypeError: Cannot add [2] and [3]: axes must be equal or 1 when aligned from the " +
    "right, got 2 and 3",
  ],
  [
    () => rf.sub(f32(2, 3), f32(2)),
    "TypeError: Cannot sub [2,3] and [2]: axes must be equal or 1 when aligned from the " +
    "right, got 3 and 2",
  ],
  [
    () => rf.mul(f32(4, 1, 3), f32(2, 2)),
    "TypeError: Cannot mul [4,1,3] and [2,2]: axes must be equal or 1 when aligned from " +
    "the right, got 3 and 2",
  ],
  [
    () => rf.div(f32(2), f32(3)),
    "TypeError: Cannot div [2] and [3]: axes must be equal or 1 when aligned from the " +
    "right, got 2 and 3",
  ],
  [
    () => rf.greater(f32(2), f32(3)),
    "TypeError: Cannot compare [2] and [3]: axes must be equal or 1 when aligned from the " +
    "right, got 2 and 3",
  ],
  [
    () => rf.equal(f32(2), f32(3)),
    "TypeError: Cannot compare [2] and [3]: axes must be equal or 1 when aligned from the " +
    "right, got 2 and 3",
  ],
  [
    () => rf.where(f32(2), f32(3), 1),
    "TypeError: Cannot where [2] and [3]: axes must be equal or 1 when aligned from the " +
    "right, got 2 and 3",
  ],
  [() => rf.add(1, 2), "TypeError: Cannot add 1 and 2: at least one must be a tensor"],
  [() => rf.sub(1, 2), "TypeError: Cannot sub 1 and 2: at least one must be a tensor"],
  [() => rf.div(1, 2), "TypeError: Cannot div 1 and 2: at least one must be a tensor"],
  [
    () => rf.add(f32(2), untyped("3")),
    "TypeError: Cannot add: operands must be tensors or numbers, got string",
  ],
  [
    () => rf.sub(f32(2), untyped(null)),
    "TypeError: Cannot sub: operands must be tensors or numbers, got null",
  ],
  [
    () => rf.mul(untyped([1, 2]), f32(2)),
    "TypeError: Cannot mul: operands must be tensors or numbers, got object",
  ],
  [
    () => rf.add(f32(2), f64(2)),
    "TypeError: Cannot add float32 and float64: convert one with cast()",
  ],
  [
    () => rf.sub(f32(2), f64(2)),
    "TypeError: Cannot sub float32 and float64: convert one with cast()",
  ],
  [
    () => rf.add(f32(2), elsewhere(2)),
    'TypeError: Cannot add tensors on js and far: move one with await t.to("js")',
  ],
  [
    () => rf.add(int(2), 0.5),
    'TypeError: Cannot add an int32 tensor and 0.5: convert it with cast(x, "float32")',
  ],
  [
    () => rf.mul(int(2), 0.5),
    'TypeError: Cannot multiply an int32 tensor and 0.5: convert it with cast(x, "float32")',
  ],
  [
    () => rf.div(int(2), 2),
    'TypeError: Cannot multiply an int32 tensor and 0.5: convert it with cast(x, "float32")',
  ],
  [
    () => rf.where(int(2), 0.5, 1),
    'TypeError: Cannot where an int32 tensor and 0.5: convert it with cast(x, "float32")',
  ],
  [
    () => rf.clip(int(2), 0.5, 1),
    'TypeError: Cannot compare an int32 tensor and 0.5: convert it with cast(x, "float32")',
  ],
  [
    () => rf.exp(int(2)),
    'TypeError: Cannot exp an int32 tensor: convert it with cast(x, "float32")',
  ],
  [
    () => rf.relu(int(2)),
    'TypeError: Cannot relu an int32 tensor: convert it with cast(x, "float32")',
  ],
  [
    () => rf.pow(int(2), 2),
    'TypeError: Cannot pow an int32 tensor: convert it with cast(x, "float32")',
  ],
  [
    () => rf.clip(f32(2), 2, 1),
    "RangeError: Cannot clip from 2 to 1: the first must not be above the second",
  ],
  [
    () => rf.clip(f32(2), NaN, 1),
    "RangeError: Cannot clip from NaN to 1: the first must not be above the second",
  ],
  [
    () => rf.dropout(f32(2), 1, randomKey(0)),
    "RangeError: Cannot drop out at rate 1: it must be from 0 up to, not including, 1",
  ],
  [
    () => rf.dropout(f32(2), -0.1, randomKey(0)),
    "RangeError: Cannot drop out at rate -0.1: it must be from 0 up to, not including, 1",
  ],
  [
    () => rf.dropout(int(2), 0.5, randomKey(0)),
    'TypeError: Cannot drop out an int32 tensor: convert it with cast(x, "float32")',
  ],
  [
    () => rf.add(gone(), 1),
    "TypeError: Cannot use the float32 [2,3] tensor made by exp: it has been disposed. A " +
    "tensor dies with the scope() or differentiated function it was made in unless " +
    "returned from there",
  ],
  [
    () => rf.gather(f32(2, 3), gone(), 0),
    "TypeError: Cannot use the float32 [2,3] tensor made by exp: it has been disposed. A " +
    "tensor dies with the scope() or differentiated function it was made in unless " +
    "returned from there",
  ],
  [
    () => rf.cast(elsewhere(2), "float16" as "float32"),
    "TypeError: Cannot cast to float16 on far: it holds float32, float64, int32",
  ],
];

const SHAPES: Misuse[] = [
  [
    () => rf.reshape(f32(2, 3), [4]),
    "TypeError: Cannot reshape [2,3] to [4]: both must hold 6 elements, with at most one " +
    "length left open as -1",
  ],
  [
    () => rf.reshape(f32(2, 3), [4, -1]),
    "TypeError: Cannot reshape [2,3] to [4,-1]: both must hold 6 elements, with at most " +
    "one length left open as -1",
  ],
  [
    () => rf.reshape(f32(2, 3), [-1, -1]),
    "TypeError: Cannot reshape [2,3] to [-1,-1]: both must hold 6 elements, with at most " +
    "one length left open as -1",
  ],
  [
    () => rf.reshape(f32(2, 3), [-2, -3]),
    "TypeError: Cannot reshape [2,3] to [-2,-3]: both must hold 6 elements, with at most " +
    "one length left open as -1",
  ],
  [
    () => rf.reshape(f32(0, 3), [0, -1]),
    "TypeError: Cannot reshape [0,3] to [0,-1]: both must hold 0 elements, with at most " +
    "one length left open as -1",
  ],
  [
    () => rf.permute(f32(2, 3), [0]),
    "RangeError: Cannot permute [2,3] by [0]: every axis must be named once",
  ],
  [
    () => rf.permute(f32(2, 3), [0, 0]),
    "RangeError: Cannot permute along axes [0,0]: an axis is named twice",
  ],
  [
    () => rf.permute(f32(2, 3), [0, 2]),
    "RangeError: Cannot permute along axis 2: the axes are -2 to 1",
  ],
  [
    () => rf.transpose(f32(3)),
    "TypeError: Cannot transpose [3]: it needs two axes or more; add one with reshape()",
  ],
  [
    () => rf.broadcastTo(f32(2), [3]),
    "TypeError: Cannot broadcast [2] to [3]: axes must be equal or 1 when aligned from " +
    "the right",
  ],
  [
    () => rf.broadcastTo(f32(2, 3), [3]),
    "TypeError: Cannot broadcast [2,3] to [3]: axes must be equal or 1 when aligned from " +
    "the right",
  ],
  [
    () => rf.broadcastTo(f32(1), [-2]),
    "RangeError: Cannot broadcast: a shape needs whole numbers from 0 up, got [-2]",
  ],
  [
    () => rf.sumTo(f32(2, 3), [2]),
    "TypeError: Cannot sum [2,3] to [2]: the latter must broadcast to the former",
  ],
  [
    () => rf.slice(f32(3), [2], [2]),
    "RangeError: Cannot slice: a block of [2] at [2] does not lie within [3]",
  ],
  [
    () => rf.slice(f32(3), [-1], [1]),
    "RangeError: Cannot slice: a block of [1] at [-1] does not lie within [3]",
  ],
  [
    () => rf.slice(f32(3, 2), [0], [1]),
    "RangeError: Cannot slice: a block of [1] at [0] does not lie within [3,2]",
  ],
  [
    () => rf.pad(f32(3), [1], [3]),
    "RangeError: Cannot pad: a block of [3] at [1] does not lie within [3]",
  ],
  [() => rf.cat([], 0), "TypeError: Cannot cat: at least one tensor is needed, got none"],
  [
    () => rf.cat([f32(2, 3), f32(2, 4)], 0),
    "TypeError: Cannot cat [2,3] and [2,4] along axis 0: the other axes must be equal",
  ],
  [
    () => rf.cat([f32(2), f64(2)], 0),
    "TypeError: Cannot cat float32 and float64: convert one with cast()",
  ],
  [() => rf.cat([f32(2), f32(2)], 1), "RangeError: Cannot cat along axis 1: the axes are -1 to 0"],
  [() => rf.cat([f32(), f32()], 0), "RangeError: Cannot cat along axis 0: a scalar has none"],
  [() => rf.stack([]), "TypeError: Cannot stack: at least one tensor is needed, got none"],
  [
    () => rf.stack([f32(2), f32(3)]),
    "TypeError: Cannot stack [2] and [3]: the shapes must be equal",
  ],
  [() => rf.stack([f32(2)], 2), "RangeError: Cannot stack along axis 2: the axes are -2 to 1"],
  [
    () => rf.split(f32(5), [2, 2], 0),
    "RangeError: Cannot split axis 0 of length 5 into 2 + 2: whole numbers from 0 up that " +
    "add up to it are needed",
  ],
  [
    () => rf.split(f32(5), [6, -1], 0),
    "RangeError: Cannot split axis 0 of length 5 into 6 + -1: whole numbers from 0 up " +
    "that add up to it are needed",
  ],
  [() => rf.sum(f32(2, 3), 2), "RangeError: Cannot sum along axis 2: the axes are -2 to 1"],
  [() => rf.sum(f32(), 0), "RangeError: Cannot sum along axis 0: a scalar has none"],
  [
    () => rf.mean(f32(2, 3), [0, -2]),
    "RangeError: Cannot take the mean along axes [0,0]: an axis is named twice",
  ],
  [
    () => rf.mean(f32(2, 3), 0.5),
    "RangeError: Cannot take the mean along axis 0.5: the axes are -2 to 1",
  ],
  [
    () => rf.mean(int(2)),
    'TypeError: Cannot take the mean of an int32 tensor: convert it with cast(x, "float32")',
  ],
  [
    () => rf.variance(int(2)),
    'TypeError: Cannot take the variance of an int32 tensor: convert it with cast(x, "float32")',
  ],
  [
    () => rf.max(f32(2, 0), 1),
    "RangeError: Cannot take the maximum of [2,0] over axes [1]: there are no elements",
  ],
  [
    () => rf.min(f32(0)),
    "RangeError: Cannot take the minimum of [0] over axes [0]: there are no elements",
  ],
  [
    () => rf.argmax(f32()),
    "RangeError: Cannot argmax a tensor of shape []: its last axis must not be empty",
  ],
  [
    () => rf.argmax(f32(2, 0)),
    "RangeError: Cannot argmax a tensor of shape [2,0]: its last axis must not be empty",
  ],
  [() => rf.softmax(f32(2), 1), "RangeError: Cannot softmax along axis 1: the axes are -1 to 0"],
  [
    () => rf.gather(f32(2, 3), f32(2, 1), 1),
    "TypeError: Cannot gather by a float32 index: it must be int32",
  ],
  [
    () => rf.gather(f32(2, 3), int(1, 2), 1),
    "TypeError: Cannot gather [2,3] by an index of [1,2] along axis 1: the other axes " +
    "must be equal",
  ],
  [
    () => rf.gather(f32(2, 3), int(2), 1),
    "TypeError: Cannot gather [2,3] by an index of [2] along axis 1: the other axes must " +
    "be equal",
  ],
  [
    () => rf.gather(f32(2), tensor(Int32Array.of(2)), 0),
    "RangeError: Cannot gather along axis 0: an index must be from 0 to 1, got 2",
  ],
  [
    () => rf.gather(f32(2), tensor(Int32Array.of(-1)), 0),
    "RangeError: Cannot gather along axis 0: an index must be from 0 to 1, got -1",
  ],
  [
    () => rf.scatterAdd(f32(2), int(3), 0, [4]),
    "TypeError: Cannot scatterAdd [2] by an index of [3] into [4]: the first two must be " +
    "equal, and equal to the third but along axis 0",
  ],
  [
    () => rf.scatterAdd(f32(2), f32(2), 0, [4]),
    "TypeError: Cannot scatterAdd by a float32 index: it must be int32",
  ],
  [
    () => rf.scatterAdd(f32(2), tensor(Int32Array.of(0, 4)), 0, [4]),
    "RangeError: Cannot scatterAdd along axis 0: an index must be from 0 to 3, got 4",
  ],
  [
    () => rf.scatterAdd(f32(2, 3), int(2, 3), 1, [3, 4]),
    "TypeError: Cannot scatterAdd [2,3] by an index of [2,3] into [3,4]: the first two " +
    "must be equal, and equal to the third but along axis 1",
  ],
  [
    () => rf.scatterAdd(f32(2), int(2), 0, [-1]),
    "RangeError: Cannot scatterAdd: a shape needs whole numbers from 0 up, got [-1]",
  ],
];

const PRODUCTS: Misuse[] = [
  [
    () => rf.matmul(f32(2, 3), f32(4, 5)),
    "TypeError: Cannot matmul [2,3] by [4,5]: inner sizes must match, got 3 and 4",
  ],
  [
    () => rf.matmul(f32(3), f32(3, 2)),
    "TypeError: Cannot matmul [3] by [3,2]: both need two axes or more; add one with reshape()",
  ],
  [
    () => rf.matmul(f32(2, 2, 3), f32(3, 3, 2)),
    "TypeError: Cannot matmul leading axes [2] and [3]: axes must be equal or 1 when " +
    "aligned from the right, got 2 and 3",
  ],
  [
    () => rf.matmul(int(2, 2), int(2, 2)),
    'TypeError: Cannot matmul an int32 tensor: convert it with cast(x, "float32")',
  ],
  [
    () => rf.linear(f32(2, 3), f32(4, 5)),
    "TypeError: Cannot apply a linear layer of weight [4,5] to [2,3]: they must be " +
    "[out,in] and [...,N,in]",
  ],
  [
    () => rf.linear(f32(3), f32(4, 3)),
    "TypeError: Cannot apply a linear layer of weight [4,3] to [3]: they must be [out,in] " +
    "and [...,N,in]",
  ],
  [
    () => rf.linear(f32(2, 3), f32(4, 3), f32(1)),
    "TypeError: Cannot apply a linear layer: the bias must have shape [4], got [1]",
  ],
  [
    () => rf.conv2d(f32(1, 3, 8, 8), f32(4, 2, 3, 3)),
    "TypeError: Cannot conv2d images [1,3,8,8] with filters [4,2,3,3]: they must be " +
    "[N,C,H,W] and [O,C,kH,kW] with one C",
  ],
  [
    () => rf.conv2d(f32(3, 8, 8), f32(4, 3, 3, 3)),
    "TypeError: Cannot conv2d images [3,8,8] with filters [4,3,3,3]: they must be " +
    "[N,C,H,W] and [O,C,kH,kW] with one C",
  ],
  [
    () => rf.conv2d(f32(1, 1, 2, 2), f32(1, 1, 3, 3)),
    "RangeError: Cannot conv2d: a window of 3 (kernel 3, dilation 1) does not fit into 2 " +
    "pixels (2 with padding 0)",
  ],
  [
    () => rf.conv2d(f32(1, 1, 4, 4), f32(1, 1, 3, 3), { dilation: 2 }),
    "RangeError: Cannot conv2d: a window of 5 (kernel 3, dilation 2) does not fit into 4 " +
    "pixels (4 with padding 0)",
  ],
  [
    () => rf.conv2d(f32(1, 1, 4, 4), f32(1, 1, 0, 3)),
    "RangeError: Cannot conv2d: the kernel must be whole numbers from 1 up, got [0,3]",
  ],
  [
    () => rf.conv2d(f32(1, 1, 4, 4), f32(1, 1, 3, 3), { stride: 0 }),
    "RangeError: Cannot conv2d: stride must be whole numbers from 1 up, got [0,0]",
  ],
  [
    () => rf.conv2d(f32(1, 1, 4, 4), f32(1, 1, 3, 3), { padding: -1 }),
    "RangeError: Cannot conv2d: padding must be whole numbers from 0 up, got [-1,-1]",
  ],
  [
    () => rf.conv2d(f32(1, 1, 4, 4), f32(1, 1, 3, 3), { dilation: [1, 0.5] }),
    "RangeError: Cannot conv2d: dilation must be whole numbers from 1 up, got [1,0.5]",
  ],
  [
    () => rf.conv2d(f32(1, 1, 4, 4), f32(1, 1, 3, 3), { stride: untyped([1]) }),
    "RangeError: Cannot conv2d: stride must be whole numbers from 1 up, got [1,]",
  ],
  [
    () => rf.conv2d(f32(1, 1, 4, 4), f32(2, 1, 3, 3), { bias: f32(1) }),
    "TypeError: Cannot conv2d: the bias must have shape [2], got [1]",
  ],
  [
    () => rf.conv2d(f32(1, 1, 4, 4), f32(2, 1, 3, 3), { bias: f64(2) }),
    "TypeError: Cannot conv2d float32 and float64: convert one with cast()",
  ],
  [
    () => rf.conv2d(int(1, 1, 4, 4), int(1, 1, 3, 3)),
    'TypeError: Cannot conv2d an int32 tensor: convert it with cast(x, "float32")',
  ],
  [
    () => rf.conv2d(f32(1, 1, 4, 4), f64(1, 1, 3, 3)),
    "TypeError: Cannot conv2d float32 and float64: convert one with cast()",
  ],
  [
    () => rf.conv2dInput(f32(1, 1, 3, 3), f32(1, 1, 3, 3), [1, 1, 4, 4]),
    "TypeError: Cannot conv2dInput: g must have shape [1,1,2,2], got [1,1,3,3]",
  ],
  [
    () => rf.conv2dWeight(f32(1, 1, 4, 4), f32(1, 1, 3, 3), [1, 1, 3, 3]),
    "TypeError: Cannot conv2dWeight: g must have shape [1,1,2,2], got [1,1,3,3]",
  ],
  [
    () => rf.maxPool2d(f32(4, 4), 2),
    "TypeError: Cannot pool a tensor of shape [4,4]: it must be [N,C,H,W]",
  ],
  [
    () => rf.maxPool2d(f32(1, 1, 4, 4), 0),
    "RangeError: Cannot pool: the kernel must be whole numbers from 1 up, got [0,0]",
  ],
  [
    () => rf.maxPool2d(f32(1, 1, 4, 4), 2.5),
    "RangeError: Cannot pool: the kernel must be whole numbers from 1 up, got [2.5,2.5]",
  ],
  [
    () => rf.maxPool2d(f32(1, 1, 4, 4), 5),
    "RangeError: Cannot pool: a window of 5 (kernel 5, dilation 1) does not fit into 4 " +
    "pixels (4 with padding 0)",
  ],
  [
    () => rf.maxPool2d(f32(1, 1, 4, 4), 2, { padding: 2 }),
    "RangeError: Cannot pool with padding [2,2]: it must be at most half the kernel [2,2]",
  ],
  [
    () => rf.maxPool2d(f32(1, 1, 2, 2), 2, { padding: 1, dilation: 3 }),
    "RangeError: Cannot pool [1,1,2,2] with padding [1,1] and dilation [3,3]: a window " +
    "would see nothing but padding",
  ],
  [
    () => rf.maxPool2d(f32(1, 1, 0, 4), 2, { padding: 1 }),
    "RangeError: Cannot pool [1,1,0,4] with padding [1,1] and dilation [1,1]: a window " +
    "would see nothing but padding",
  ],
  [
    () => rf.avgPool2d(f32(4, 4), 2),
    "TypeError: Cannot pool a tensor of shape [4,4]: it must be [N,C,H,W]",
  ],
  [
    () => rf.avgPool2d(f32(1, 1, 4, 4), 2, { padding: 3 }),
    "RangeError: Cannot pool with padding [3,3]: it must be at most half the kernel [2,2]",
  ],
  [
    () => rf.avgPool2d(f32(1, 1, 4, 4), 2, { dilation: 2 }),
    "RangeError: Cannot avgPool2d with dilation [2,2]: it must be 1",
  ],
  [
    () => rf.avgPool2d(int(1, 1, 4, 4), 2),
    'TypeError: Cannot average an int32 tensor: convert it with cast(x, "float32")',
  ],
  [
    () => rf.adaptiveAvgPool2d(f32(1, 1, 4, 4), 0),
    "RangeError: Cannot adaptiveAvgPool2d [1,1,4,4] to [0,0]: both must have whole sizes " +
    "from 1 up",
  ],
  [
    () => rf.adaptiveAvgPool2d(f32(1, 1, 0, 4), 2),
    "RangeError: Cannot adaptiveAvgPool2d [1,1,0,4] to [2,2]: both must have whole sizes " +
    "from 1 up",
  ],
  [
    () => rf.batchNorm(f32(3), f32(3), f32(3)),
    "TypeError: Cannot batchNorm a tensor of shape [3]: it must be [N,C,...]",
  ],
  [
    () => rf.batchNorm(f32(2, 3), f32(2), f32(3)),
    "TypeError: Cannot batchNorm: the weight must have shape [3], got [2]",
  ],
  [
    () => rf.batchNorm(f32(2, 3), f32(3), f32(3, 1)),
    "TypeError: Cannot batchNorm: the bias must have shape [3], got [3,1]",
  ],
  [
    () => rf.batchNorm(f32(0, 3), f32(3), f32(3)),
    "RangeError: Cannot batchNorm an empty batch of shape [0,3]: it has no statistics",
  ],
  [
    () => rf.batchNormRelu(f32(2, 3), f32(2), f32(3)),
    "TypeError: Cannot batchNormRelu: the weight must have shape [3], got [2]",
  ],
  [
    () => rf.bceWithLogits(f32(2, 1), f32(2)),
    "TypeError: Cannot bceWithLogits: the targets must have shape [2,1], got [2]",
  ],
  [
    () => rf.mse(f32(2), f32(2, 1)),
    "TypeError: Cannot mse: the target must have shape [2], got [2,1]",
  ],
  [
    () => rf.crossEntropy(f32(2, 3), int(3)),
    "TypeError: Cannot take the cross entropy of logits [2,3] and classes [3]: they must " +
    "be [N,C] and [N]",
  ],
  [
    () => rf.crossEntropy(f32(2, 3), f32(2)),
    "TypeError: Cannot take the cross entropy with float32 classes: they must be int32",
  ],
  [
    () => rf.crossEntropy(f32(2), int(2)),
    "TypeError: Cannot take the cross entropy of logits [2] and classes [2]: they must be " +
    "[N,C] and [N]",
  ],
  [
    () => rf.crossEntropy(f32(1, 3), tensor(Int32Array.of(3))),
    "RangeError: Cannot gather along axis 1: an index must be from 0 to 2, got 3",
  ],
];

const DERIVATIVES: Misuse[] = [
  [
    () => rf.grad((x) => rf.mul(x, x))(f32(2)),
    "TypeError: Cannot differentiate: the function must return a scalar tensor or " +
    "[scalar, aux], got a tensor of shape [2]; reduce it with sum() or mean()",
  ],
  [
    () => rf.grad((x) => rf.sum(x, 0, true))(f32(2)),
    "TypeError: Cannot differentiate: the function must return a scalar tensor or " +
    "[scalar, aux], got a tensor of shape [1]; reduce it with sum() or mean()",
  ],
  [
    () => rf.grad(untyped<(x: Tensor) => Tensor>(() => 3))(f32(2)),
    "TypeError: Cannot differentiate: the function must return a scalar tensor or " +
    "[scalar, aux], got number",
  ],
  [
    () => rf.grad(untyped<(x: Tensor) => Tensor>(() => {}))(f32(2)),
    "TypeError: Cannot differentiate: the function must return a scalar tensor or " +
    "[scalar, aux], got undefined",
  ],
  [
    () => rf.grad(untyped<(x: Tensor) => Tensor>(() => [3, f32()]))(f32(2)),
    "TypeError: Cannot differentiate: the function must return a scalar tensor or " +
    "[scalar, aux], got number",
  ],
  [
    () => rf.grad(untyped<(x: Tensor) => Tensor>(() => Promise.resolve()))(f32(2)),
    "TypeError: Cannot differentiate an async function: it returned a Promise; await " +
    "values outside of the function",
  ],
  [
    () => rf.grad(rf.sum)(int(2)),
    "TypeError: Cannot differentiate with respect to an int32 tensor: pass it as a " +
    'further argument or convert it with cast(x, "float32")',
  ],
  [
    () => rf.grad((x: { a: Tensor[] }) => rf.sum(x.a[0]))({ a: [int(2)] }),
    "TypeError: Cannot differentiate with respect to an int32 tensor (a.0): pass it as a " +
    'further argument or convert it with cast(x, "float32")',
  ],
  [
    () => rf.grad((x: { rate: Tensor }) => rf.sum(x.rate))(untyped({ rate: 0.1 })),
    "TypeError: Cannot map a tree: rate must be a tensor, an array or a plain record, got " +
    "number",
  ],
  [
    () => rf.grad((x: Tensor) => rf.sum(x))(untyped(3)),
    "TypeError: Cannot map a tree: its root must be a tensor, an array or a plain record, " +
    "got number",
  ],
  [
    () => rf.grad((x: Tree[]) => rf.sum(f32(x.length)))(untyped([null])),
    "TypeError: Cannot map a tree: 0 must be a tensor, an array or a plain record, got null",
  ],
  [
    () => rf.grad(rf.sum)(gone()),
    "TypeError: Cannot use the float32 [2,3] tensor made by exp: it has been disposed. A " +
    "tensor dies with the scope() or differentiated function it was made in unless " +
    "returned from there",
  ],
  [
    () => rf.dot([f32(2)], []),
    "TypeError: Cannot take the inner product of trees of 1 and 0 tensors: both need the " +
    "same number, one at least",
  ],
  [
    () => rf.dot([], []),
    "TypeError: Cannot take the inner product of trees of 0 and 0 tensors: both need the " +
    "same number, one at least",
  ],
  [
    () => rf.dot(f32(2), f32(3)),
    "TypeError: Cannot take an inner product: both sides must have shape [2], got [3]",
  ],
  [
    () => rf.hvp((x) => rf.sum(x))(f32(2), f32(1)),
    "TypeError: Cannot take an inner product: both sides must have shape [2], got [1]",
  ],
  [
    () => rf.gradcheck(rf.exp, [f32(2)]),
    "TypeError: Cannot gradcheck with a float32 input: finite differences prove something " +
    "in float64 only",
  ],
  [
    () => rf.gradcheck(rf.abs, [zeros([1], { dtype: "float64" })]),
    "Error: Derivatives of order 1 disagree: the tape says 0, finite differences say " +
    "0.00007893195344987864 (deviation 7.9e-5, allowed 1e-7). Inputs must keep away from " +
    "kinks by more than three steps",
  ],
  [
    () => scope(() => Promise.resolve(f32())),
    "TypeError: Cannot free tensors after a Promise: scope() needs a synchronous " +
    "function; read values with await outside of it",
  ],
  [
    () => mapTree(untyped({ a: { b: 3 } }), (x) => x),
    "TypeError: Cannot map a tree: a.b must be a tensor, an array or a plain record, got number",
  ],
  [
    () => zipTrees(rf.add, [f32(), f32()], [f32()]),
    "TypeError: Cannot combine trees of 2 and 1 tensors: their structure must be equal",
  ],
];

const TABLE = { MAKING, ELEMENTWISE, SHAPES, PRODUCTS, DERIVATIVES };

for (const [kind, misuses] of Object.entries(TABLE)) {
  Deno.test(`each misuse is answered in its own words: ${kind.toLowerCase()}`, () => {
    for (const [action, said] of misuses) equal(answerTo(action), said);
  });
}

function answerTo(action: () => unknown): string {
  try {
    scope(action);
  } catch (error) {
    return String(error);
  }
  return `${action} was let through`;
}

Deno.test("every answer says what was attempted, in the error type of the house", () => {
  for (const [, said] of Object.values(TABLE).flat()) {
    ok(/^(TypeError|RangeError): Cannot |^Error: Derivatives of order 1/.test(said), said);
  }
});
