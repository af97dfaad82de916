/**
 * Making tensors: from numbers, from a constant, at random.
 *
 * @module
 */

import {
  ARRAY,
  type Device,
  type DType,
  hostArray,
  type HostSource,
  type Result,
} from "./device.ts";
import { currentDevice, type DeviceName, deviceNamed } from "./devices.ts";
import { normalNumbers, type RandomKey } from "./random.ts";
import { checkShape, formatShape, type Shape, sizeOf } from "./shape.ts";
import { allocate, Storage } from "./storage.ts";
import { fromHost, Tensor } from "./tensor.ts";

/** Numbers in arrays of arrays; those at one depth have one length. */
export type NestedNumbers = number | readonly NestedNumbers[];

/** Where a new tensor lives and what it holds: float32 on the current device unless told. */
export interface TensorOptions {
  /** float32 unless told. */
  readonly dtype?: DType;
  /** A name, or the device of another tensor. */
  readonly device?: DeviceName | Device;
}

/**
 * Makes a tensor from a number, nested arrays or a typed array, whose shape may be given.
 *
 * The dtype is float32 unless told, float64 for a Float64Array and int32 for an Int32Array. The
 * numbers are copied.
 *
 * @throws {TypeError} if nested arrays are ragged, the shape holds another number of elements, or
 * the device lacks the dtype.
 * @throws {RangeError} if the shape has a negative or fractional length.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { tensor } from "./mod.ts";
 *
 * deepEqual(tensor([[1, 2], [3, 4]]).shape, [2, 2]);
 * deepEqual(tensor([1, 2, 3, 4], [2, 2], { dtype: "float64" }).dtype, "float64");
 * ```
 */
export function tensor(
  data: NestedNumbers | HostSource,
  shape?: Shape,
  options: TensorOptions = {},
): Tensor {
  const source = isHostSource(data)
    ? { numbers: data, shape: [data.length] }
    : { shape: shapeOf(data), numbers: flatten(data) };
  const wanted = shape ?? source.shape;
  checkShape("make a tensor", wanted);
  if (sizeOf(wanted) !== source.numbers.length) {
    throw new TypeError(
      `Cannot make a tensor of shape ${formatShape(wanted)}: ` +
        `it holds ${sizeOf(wanted)} numbers, got ${source.numbers.length}`,
    );
  }
  const dtype = options.dtype ?? dtypeOf(data);
  const { numbers } = source;
  const host = numbers instanceof ARRAY[dtype] ? numbers : new ARRAY[dtype](numbers);
  return fromHost("tensor", host, { shape: [...wanted], dtype }, place(options));
}

/** A tensor of zeros. */
export function zeros(shape: Shape, options: TensorOptions = {}): Tensor {
  return full(shape, 0, options);
}

/** A tensor of ones. */
export function ones(shape: Shape, options: TensorOptions = {}): Tensor {
  return full(shape, 1, options);
}

/**
 * A tensor whose every element is `value`.
 *
 * @throws {RangeError} if the shape has a negative or fractional length, or memory runs out.
 */
export function full(shape: Shape, value: number, options: TensorOptions = {}): Tensor {
  return generate("full", shape, options, ({ kernels }, out) => kernels.fill(value, out));
}

/** A tensor of zeros with the shape, dtype and device of another. */
export function zerosLike(x: Tensor): Tensor {
  return fullLike(x, 0);
}

/** A tensor of ones with the shape, dtype and device of another. */
export function onesLike(x: Tensor): Tensor {
  return fullLike(x, 1);
}

/** A constant tensor with the shape, dtype and device of another. */
export function fullLike(x: Tensor, value: number): Tensor {
  return generateOn(x.device, "full", x, ({ kernels }) => kernels.fill(value, x));
}

/** A scalar tensor with the dtype and device of another tensor. */
export function scalarLike(x: Tensor, value: number): Tensor {
  const scalar = { shape: [], dtype: x.dtype };
  return generateOn(x.device, "full", scalar, ({ kernels }) => kernels.fill(value, scalar));
}

/**
 * Uniform random numbers in [0, 1) from a key: the same on every device.
 *
 * @throws {TypeError} if the dtype is int32.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { randomKey, uniform } from "./mod.ts";
 *
 * const key = randomKey(0);
 * deepEqual(uniform(key, [3]).dataSync(), uniform(key, [3]).dataSync());
 * ```
 */
export function uniform(key: RandomKey, shape: Shape, options: TensorOptions = {}): Tensor {
  refuseInt32("uniform", options);
  return generate("uniform", shape, options, ({ kernels }, out) => kernels.uniform(key, out));
}

/**
 * Standard normal random numbers from a key: the same on every device, drawn on the host.
 *
 * @throws {TypeError} if the dtype is int32.
 */
export function normal(key: RandomKey, shape: Shape, options: TensorOptions = {}): Tensor {
  refuseInt32("normal", options);
  checkShape("make a tensor", shape);
  return tensor(normalNumbers(key, sizeOf(shape)), shape, { dtype: "float32", ...options });
}

function generate(
  op: string,
  shape: Shape,
  options: TensorOptions,
  kernel: (device: Device, out: Result) => unknown,
): Tensor {
  checkShape("make a tensor", shape);
  const out = { shape: [...shape], dtype: options.dtype ?? "float32" };
  return generateOn(place(options), op, out, (device) => kernel(device, out));
}

function generateOn(
  device: Device,
  op: string,
  out: Result,
  kernel: (device: Device) => unknown,
): Tensor {
  const { shape, dtype } = out;
  if (!device.dtypes.includes(dtype)) {
    return fromHost(op, hostArray(dtype, 0), out, device);
  }
  const buffer = allocate(op, shape, dtype, kernel, device);
  return new Tensor(new Storage(device, buffer, op), shape, dtype);
}

function place({ device = currentDevice() }: TensorOptions): Device {
  return typeof device === "string" ? deviceNamed(device) : device;
}

function refuseInt32(op: string, { dtype }: TensorOptions): void {
  if (dtype === "int32") {
    throw new TypeError(`Cannot draw ${op} numbers as int32: use float32 or float64`);
  }
}

function isHostSource(data: NestedNumbers | HostSource): data is HostSource {
  return ArrayBuffer.isView(data);
}

function dtypeOf(data: NestedNumbers | HostSource): DType {
  if (data instanceof Float64Array) return "float64";
  return data instanceof Int32Array ? "int32" : "float32";
}

function flatten(data: NestedNumbers): number[] {
  if (typeof data === "number") return [data];
  return data.every((x) => typeof x === "number") ? [...data] : data.flatMap(flatten);
}

function shapeOf(data: NestedNumbers, path = ""): number[] {
  if (typeof data === "number") return [];
  if (!Array.isArray(data)) {
    throw new TypeError(
      `Cannot make a tensor: ${path || "the data"} must be a number, an array or a typed array, ` +
        `got ${data === null ? "null" : typeof data}`,
    );
  }
  if (data.every((x) => typeof x === "number")) return [data.length];
  const shapes = data.map((row, i) => formatShape(shapeOf(row, `${path}[${i}]`)));
  const other = shapes.findIndex((shape) => shape !== shapes[0]);
  if (other > 0) {
    throw new TypeError(
      `Cannot make a tensor from ragged arrays: ${path}[0] has shape ${shapes[0]}, ` +
        `${path}[${other}] has ${shapes[other]}`,
    );
  }
  return [data.length, ...shapeOf(data[0], `${path}[0]`)];
}
