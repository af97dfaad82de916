/**
 * Calling a kernel: the checks that every op shares, and the tensor around its result.
 *
 * @module
 */

import type { DType, Kernels } from "./device.ts";
import { sameShape, type Shape } from "./shape.ts";
import { allocate, Storage } from "./storage.ts";
import { Tensor } from "./tensor.ts";

/**
 * Checks that tensors are on one device, for the op named.
 *
 * @throws {TypeError} if they are not.
 */
export function checkSameDevice(op: string, tensors: readonly Tensor[]): void {
  const wanted = tensors[0].device;
  for (let i = 1; i < tensors.length; i++) {
    const { device } = tensors[i];
    if (device !== wanted) {
      throw new TypeError(
        `Cannot ${op} tensors on ${wanted.name} and ${device.name}: ` +
          `move one with await t.to("${wanted.name}")`,
      );
    }
  }
}

/**
 * Checks that tensors have one dtype, for the op named.
 *
 * @throws {TypeError} if they do not.
 */
export function checkSameDType(op: string, tensors: readonly Tensor[]): void {
  const wanted = tensors[0].dtype;
  for (let i = 1; i < tensors.length; i++) {
    const { dtype } = tensors[i];
    if (dtype !== wanted) {
      throw new TypeError(`Cannot ${op} ${wanted} and ${dtype}: convert one with cast()`);
    }
  }
}

/**
 * Runs a kernel on the operands' device and wraps the buffer that it returns.
 *
 * The dtype is the first operand's unless given. A kernel that returns its operand's own buffer
 * makes a tensor that shares storage.
 *
 * @throws {TypeError} if the operands differ in device or dtype, or one has been disposed.
 * @throws {RangeError} if memory runs out.
 */
export function launch(
  op: string,
  operands: readonly [Tensor, ...Tensor[]],
  shape: Shape,
  kernel: (kernels: Kernels) => unknown,
  dtype: DType = operands[0].dtype,
): Tensor {
  checkSameDevice(op, operands);
  checkSameDType(op, operands);
  const { kernels } = operands[0].device;
  const buffer = allocate(op, shape, dtype, kernel, kernels);
  return new Tensor(storageOf(buffer, op, operands), [...shape], dtype);
}

/** The same for a kernel that returns several buffers, of one dtype. */
export function launchMany(
  op: string,
  operands: readonly [Tensor, ...Tensor[]],
  shapes: readonly Shape[],
  kernel: (kernels: Kernels) => readonly unknown[],
  dtype: DType = operands[0].dtype,
): Tensor[] {
  checkSameDevice(op, operands);
  checkSameDType(op, operands);
  const { kernels } = operands[0].device;
  const buffers = allocate(op, shapes[0], dtype, kernel, kernels);
  return shapes.map((shape, i) =>
    new Tensor(storageOf(buffers[i], op, operands), [...shape], dtype)
  );
}

function storageOf(buffer: unknown, op: string, operands: readonly Tensor[]): Storage {
  for (let i = 0; i < operands.length; i++) {
    const { storage } = operands[i];
    if (storage.buffer === buffer) return storage.hold();
  }
  return new Storage(operands[0].device, buffer, op);
}

/**
 * Checks that an op got floating-point tensors.
 *
 * @throws {TypeError} if one is int32.
 */
export function checkFloat(op: string, ...operands: readonly Tensor[]): void {
  for (const x of operands) {
    if (x.dtype === "int32") {
      throw new TypeError(`Cannot ${op} an int32 tensor: convert it with cast(x, "float32")`);
    }
  }
}

/**
 * Checks a tensor's shape against the one that an op needs.
 *
 * @throws {TypeError} if they differ.
 */
export function checkShapeIs(op: string, what: string, x: Tensor, wanted: Shape): void {
  if (!sameShape(x.shape, wanted)) {
    throw new TypeError(
      `Cannot ${op}: ${what} must have shape [${wanted.join(",")}], got [${x.shape.join(",")}]`,
    );
  }
}
