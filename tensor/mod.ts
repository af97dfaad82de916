/**
 * Tensors: shapes, dtypes, devices, memory, random numbers.
 *
 * @module
 */

export type {
  AdamResult,
  AdamStep,
  ArrayOf,
  BatchNormGradients,
  BatchNormResult,
  Device,
  DeviceDescription,
  DType,
  HostArray,
  HostSource,
  Kernels,
  Operand as KernelOperand,
  Result as KernelResult,
} from "./device.ts";
export {
  currentDevice,
  DEVICE_NAMES,
  type DeviceName,
  type DrivingStatistics,
  type GpuStatistics,
  init,
  type InitOptions,
  type PoolStatistics,
  type WasmOptions,
  type WebgpuDevice,
  type WebgpuOptions,
} from "./devices.ts";
export {
  full,
  fullLike,
  type NestedNumbers,
  normal,
  ones,
  onesLike,
  tensor,
  type TensorOptions,
  uniform,
  zeros,
  zerosLike,
} from "./creation.ts";
export { foldIn, permutation, type RandomKey, randomKey } from "./random.ts";
export { scope } from "./scope.ts";
export type { Geometry, GeometryOptions, Pair, Shape } from "./shape.ts";
export { memory, type MemoryCount, type MemoryReport } from "./storage.ts";
export { Tensor } from "./tensor.ts";
export { disposeReplaced, leaves, mapTree, namedLeaves, type Tree, zipTrees } from "./tree.ts";
