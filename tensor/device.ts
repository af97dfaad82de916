/**
 * What a device is: where buffers live, and the kernels that compute on them.
 *
 * Everything above this file speaks to devices through {@linkcode Device} alone. A new device is one
 * object of this type; the compiler lists the kernels it lacks.
 *
 * @module
 */

import type { RandomKey } from "./random.ts";
import type { Geometry, Shape } from "./shape.ts";

/** The element types. float64 exists on `js` only, for proofs; int32 holds indices. */
export type DType = "float32" | "float64" | "int32";

/** The array type that holds each dtype on the host. */
export interface ArrayOf {
  /** Single precision. */
  float32: Float32Array<ArrayBuffer>;
  /** Double precision. */
  float64: Float64Array<ArrayBuffer>;
  /** Indices. */
  int32: Int32Array<ArrayBuffer>;
}

/** Numbers on the host, row-major. */
export type HostArray = ArrayOf[DType];

/** Numbers on the host to be copied, whatever memory they lie in. */
export type HostSource = Float32Array | Float64Array | Int32Array;

/** The constructors of {@linkcode ArrayOf}. */
export const ARRAY = { float32: Float32Array, float64: Float64Array, int32: Int32Array } as const;

/** Small arrays share blocks of memory: V8 makes a view in a tenth of the time that a block takes. */
const BLOCK_BYTES = 4096;
const LARGEST_SHARED = 256;
let block = new ArrayBuffer(BLOCK_BYTES);
let taken = 0;

/** Makes a host array of `size` zeros. */
export function hostArray(dtype: DType, size: number): HostArray {
  const ofDType = ARRAY[dtype];
  const bytes = size * ofDType.BYTES_PER_ELEMENT;
  if (bytes > LARGEST_SHARED) return new ofDType(size);
  if (taken + bytes > BLOCK_BYTES) {
    block = new ArrayBuffer(BLOCK_BYTES);
    taken = 0;
  }
  const array = new ofDType(block, taken, size);
  taken += Math.ceil(bytes / 8) * 8;
  return array;
}

/** What a kernel sees of a tensor. `Buffer` is the device's own; so is the order of its elements. */
export interface Operand<Buffer> {
  /** Row-major to its readers. */
  readonly shape: Shape;
  /** The element type. */
  readonly dtype: DType;
  /** The device's own. */
  readonly buffer: Buffer;
}

/** What a kernel must fill. */
export interface Result {
  /** Row-major to its readers. */
  readonly shape: Shape;
  /** The element type. */
  readonly dtype: DType;
}

/**
 * The kernels of one device. Each returns a new buffer (`reshape` may return its operand's, and
 * `accumulate` alone changes one); shapes have been checked by the caller. Floating operands of one
 * call share a dtype; masks are 0 and 1 in that dtype; indices are int32.
 */
export interface Kernels<Buffer = unknown> {
  /** Every element is `value`. */
  fill(value: number, out: Result): Buffer;
  /** Uniform in [0, 1), the stream of `key` in row-major order, multiples of 2^−24 (float64: 2^−53). */
  uniform(key: RandomKey, out: Result): Buffer;
  /** Converts to another dtype; to int32 by truncation. */
  cast(x: Operand<Buffer>, dtype: DType): Buffer;

  // Elementwise, one operand.
  /** x · factor. */
  scale(x: Operand<Buffer>, factor: number): Buffer;
  /** x to a power. */
  pow(x: Operand<Buffer>, exponent: number): Buffer;
  /** √x. */
  sqrt(x: Operand<Buffer>): Buffer;
  /** eˣ. */
  exp(x: Operand<Buffer>): Buffer;
  /** The natural logarithm. */
  log(x: Operand<Buffer>): Buffer;
  /** The sine. */
  sin(x: Operand<Buffer>): Buffer;
  /** The cosine. */
  cos(x: Operand<Buffer>): Buffer;
  /** The hyperbolic tangent. */
  tanh(x: Operand<Buffer>): Buffer;
  /** |x|. */
  abs(x: Operand<Buffer>): Buffer;
  /** max(x, 0); NaN stays NaN. */
  relu(x: Operand<Buffer>): Buffer;
  /** 1 / (1 + exp(−x)), without overflow. */
  sigmoid(x: Operand<Buffer>): Buffer;
  /** log(1 + exp(x)), without overflow. */
  softplus(x: Operand<Buffer>): Buffer;
  /** 1 where x > 0, else 0. */
  positive(x: Operand<Buffer>): Buffer;

  // Elementwise, operands broadcast to `shape`.
  /** x + y. */
  add(x: Operand<Buffer>, y: Operand<Buffer>, shape: Shape): Buffer;
  /** x · y. */
  mul(x: Operand<Buffer>, y: Operand<Buffer>, shape: Shape): Buffer;
  /** a · x + b · y, of x and y of one shape. */
  combine(x: Operand<Buffer>, a: number, y: Operand<Buffer>, b: number): Buffer;
  /** Adds x to `into`, of the same shape and dtype, in the latter's own buffer. */
  accumulate(into: Operand<Buffer>, x: Operand<Buffer>): void;
  /** 1 where x > y, else 0. */
  greater(x: Operand<Buffer>, y: Operand<Buffer>, shape: Shape): Buffer;
  /** 1 where x = y, else 0. */
  equal(x: Operand<Buffer>, y: Operand<Buffer>, shape: Shape): Buffer;
  /** x where the mask is not 0, else y. */
  where(mask: Operand<Buffer>, x: Operand<Buffer>, y: Operand<Buffer>, shape: Shape): Buffer;

  // Movement.
  /** The same elements in row-major order under another shape. */
  reshape(x: Operand<Buffer>, shape: Shape): Buffer;
  /** Axis `i` of the result is axis `axes[i]` of x. */
  permute(x: Operand<Buffer>, axes: readonly number[]): Buffer;
  /** x repeated along its axes of length 1 and along new ones in front. */
  broadcastTo(x: Operand<Buffer>, shape: Shape): Buffer;
  /** Elements `start[i]` to `start[i] + shape[i] − 1` of each axis i. */
  slice(x: Operand<Buffer>, start: readonly number[], shape: Shape): Buffer;
  /** x placed at `start` in zeros of `shape`. */
  pad(x: Operand<Buffer>, start: readonly number[], shape: Shape): Buffer;
  /** Operands one after the other along an axis. */
  cat(xs: readonly Operand<Buffer>[], axis: number, shape: Shape): Buffer;

  // Reduction and indexing.
  /** Sums over the axes along which `shape` would have to be broadcast to give x's shape. */
  sumTo(x: Operand<Buffer>, shape: Shape): Buffer;
  /** int32 position of the first maximum along the last axis, which is dropped; NaN counts as largest. */
  argmax(x: Operand<Buffer>): Buffer;
  /** out[…, j, …] = x[…, index[…, j, …], …] along `axis`; the other axes of index and x are equal. */
  gather(x: Operand<Buffer>, index: Operand<Buffer>, axis: number): Buffer;
  /** The transpose of gather: zeros of `shape`, to which g is added at `index` along `axis`. */
  scatterAdd(g: Operand<Buffer>, index: Operand<Buffer>, axis: number, shape: Shape): Buffer;

  // Products.
  /** [..., M, K] by [..., K, N]; leading axes broadcast. */
  matmul(x: Operand<Buffer>, y: Operand<Buffer>, shape: Shape): Buffer;
  /** Cross-correlation of x [N,C,H,W] with weight [O,C,kH,kW], plus the bias [O] if there is one. */
  conv2d(
    x: Operand<Buffer>,
    weight: Operand<Buffer>,
    geometry: Geometry,
    shape: Shape,
    bias?: Operand<Buffer>,
  ): Buffer;
  /** Transpose of conv2d in x: g [N,O,oH,oW] and weight to `shape` [N,C,H,W]. */
  conv2dInput(
    g: Operand<Buffer>,
    weight: Operand<Buffer>,
    geometry: Geometry,
    shape: Shape,
  ): Buffer;
  /** Transpose of conv2d in weight: x and g to `shape` [O,C,kH,kW]. */
  conv2dWeight(x: Operand<Buffer>, g: Operand<Buffer>, geometry: Geometry, shape: Shape): Buffer;
  /**
   * int32 position within the H×W plane of the first maximum (row-major) in each window of
   * x [N,C,H,W], for `shape` [N,C,oH,oW]. Padding is never chosen; NaN counts as largest.
   */
  argmaxPool(
    x: Operand<Buffer>,
    kernel: readonly [number, number],
    geometry: Geometry,
    shape: Shape,
  ): Buffer;

  // Batch normalisation over every axis but 1, of x [N,C,…] with weight and bias [C].
  /** Normalises by the batch's statistics and returns those. */
  batchNorm(
    x: Operand<Buffer>,
    weight: Operand<Buffer>,
    bias: Operand<Buffer>,
    epsilon: number,
  ): BatchNormResult<Buffer>;
  /** The gradients of batchNorm's output, from the statistics that it returned. */
  batchNormBackward(
    x: Operand<Buffer>,
    weight: Operand<Buffer>,
    mean: Operand<Buffer>,
    variance: Operand<Buffer>,
    g: Operand<Buffer>,
    epsilon: number,
  ): BatchNormGradients<Buffer>;
  /** batchNorm, then relu of its output. */
  batchNormRelu(
    x: Operand<Buffer>,
    weight: Operand<Buffer>,
    bias: Operand<Buffer>,
    epsilon: number,
  ): BatchNormResult<Buffer>;
  /**
   * The gradients of batchNormRelu's output, from the statistics that it returned. g passes where
   * that output is positive: it is computed again, by the very expression of the forward.
   */
  batchNormReluBackward(
    x: Operand<Buffer>,
    weight: Operand<Buffer>,
    bias: Operand<Buffer>,
    mean: Operand<Buffer>,
    variance: Operand<Buffer>,
    g: Operand<Buffer>,
    epsilon: number,
  ): BatchNormGradients<Buffer>;

  /** One step of Adam: the new weight, and the new running means of the gradient and its square. */
  adam(
    weight: Operand<Buffer>,
    gradient: Operand<Buffer>,
    mean: Operand<Buffer>,
    variance: Operand<Buffer>,
    step: AdamStep,
  ): AdamResult<Buffer>;
}

/** The numbers of one step of Adam. */
export interface AdamStep {
  /** The learning rate over the mean's correction, 1 − β₁ᵗ. */
  readonly stepSize: number;
  /** β₁. */
  readonly beta1: number;
  /** β₂. */
  readonly beta2: number;
  /** √(1 − β₂ᵗ). */
  readonly deviationCorrection: number;
  /** What is added to the root of the variance. */
  readonly epsilon: number;
}

/** What a step of Adam moves, each with the weight's shape. */
export interface AdamResult<Buffer> {
  /** weight − stepSize · mean / (√variance / deviationCorrection + epsilon), of the new two. */
  readonly weight: Buffer;
  /** β₁ · mean + (1 − β₁) · gradient. */
  readonly mean: Buffer;
  /** β₂ · variance + (1 − β₂) · gradient². */
  readonly variance: Buffer;
}

/** Normalised x, and the batch's mean and biased variance of each channel. */
export interface BatchNormResult<Buffer> {
  /** x normalised. */
  readonly output: Buffer;
  /** [C]. */
  readonly mean: Buffer;
  /** [C], biased. */
  readonly variance: Buffer;
}

/** Gradients with respect to x, weight and bias. */
export interface BatchNormGradients<Buffer> {
  /** With x's shape. */
  readonly x: Buffer;
  /** [C]. */
  readonly weight: Buffer;
  /** [C]. */
  readonly bias: Buffer;
}

/** How a started device computes. */
export interface DeviceDescription {
  /** Threads that compute together. */
  readonly threads: number;
  /** `revectorize` where the engine makes one 256-bit vector of two of 128. */
  readonly mode: "plain" | "revectorize";
}

/** A place where tensors live and are computed on. */
export interface Device<Buffer = unknown> {
  /** How {@linkcode init} calls it. */
  readonly name: string;
  /** How it computes, where there is more than one way. */
  readonly description?: DeviceDescription;
  /** What it computes with. */
  readonly kernels: Kernels<Buffer>;
  /** The dtypes that the device holds. */
  readonly dtypes: readonly DType[];
  /** Copies host numbers (row-major) into a new buffer. */
  write(data: HostSource, result: Result): Buffer;
  /** Copies a buffer's numbers to the host, row-major. */
  read(x: Operand<Buffer>): Promise<HostArray>;
  /** The same without waiting; absent where the device cannot. */
  readSync?(x: Operand<Buffer>): HostArray;
  /** The bytes that a buffer occupies. */
  bytes(buffer: Buffer): number;
  /** Gives a buffer back. */
  free(buffer: Buffer): void;
  /**
   * Makes ready, side by side, what `rehearse` would run; absent where nothing is to be made ready.
   * Nothing is computed in it, so what it makes is not to be looked at.
   */
  warmUp?(rehearse: () => void, progress: (done: number, of: number) => void): Promise<void>;
}
