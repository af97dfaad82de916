/**
 * Tensors on the GPU, and what the js device makes of the same numbers.
 *
 * @module
 */

import { ok } from "node:assert/strict";
import { ARRAY, type DType, type HostArray, type Operand } from "../tensor/device.ts";
import { type Shape, sizeOf } from "../tensor/shape.ts";
import type { WebgpuBuffer, WebgpuOperand } from "../tensor/webgpu/buffer.ts";
import { Gpu } from "../tensor/webgpu/gpu.ts";
import { findAdapter, openGpu } from "../tensor/webgpu/start.ts";
import { reasonAgainstGpu } from "./devices_here.ts";

let opened: Promise<Gpu> | undefined;

/** A test that needs a GPU, which all tests share; skipped, with the reason in its name, without one. */
export async function gpuTest(
  name: string,
  run: (gpu: Gpu) => void | Promise<void>,
): Promise<void> {
  const missing = await reasonAgainstGpu();
  Deno.test({
    name: missing === undefined ? name : `${name} (skipped: ${missing})`,
    ignore: missing !== undefined,
    fn: async () => await run(await (opened ??= findAdapter().then(openGpu))),
  });
}

/** The same adapter, planned for as if it were hardware: other tiles, workgroup memory, transposes. */
export async function asHardware(): Promise<Gpu> {
  const device = await (await findAdapter()).requestDevice();
  return new Gpu(device, { binding: device.limits.maxStorageBufferBindingSize, isSoftware: false });
}

/** Copies a tensor to the GPU. */
export function placed(gpu: Gpu, x: Operand<HostArray>): WebgpuOperand {
  return { shape: x.shape, dtype: x.dtype, buffer: gpu.write(x.buffer) };
}

/** Reads a tensor of the GPU. */
export async function numbersOf(
  gpu: Gpu,
  buffer: WebgpuBuffer,
  shape: Shape,
  dtype: DType = "float32",
): Promise<number[]> {
  const numbers = Array.from(new ARRAY[dtype](await gpu.read(buffer)));
  ok(numbers.length === sizeOf(shape));
  return numbers;
}
