/**
 * Tensors on the GPU, and what the js device makes of the same numbers.
 *
 * @module
 */

import { ok } from "node:assert/strict";
import { ARRAY, type DType, type HostArray, type Operand } from "../tensor/device.ts";
import { type Shape, sizeOf } from "../tensor/shape.ts";
import type { WebgpuBuffer, WebgpuOperand } from "../tensor/webgpu/buffer.ts";
import type { Gpu } from "../tensor/webgpu/gpu.ts";
import { findAdapter, NoGpu, openGpu } from "../tensor/webgpu/start.ts";

let opened: Promise<Gpu | undefined> | undefined;

/** The GPU that all tests share, or undefined where there is none. */
export function testGpu(): Promise<Gpu | undefined> {
  return opened ??= findAdapter().then(openGpu).catch((error) => {
    if (error instanceof NoGpu) return undefined;
    throw error;
  });
}

/** A test that needs a GPU: skipped, by name, where there is none. */
export async function gpuTest(name: string, run: (gpu: Gpu) => void | Promise<void>) {
  const gpu = await testGpu();
  Deno.test({
    name: gpu === undefined ? `${name} (skipped: no WebGPU adapter here)` : name,
    ignore: gpu === undefined,
    fn: async () => {
      ok(gpu !== undefined);
      await run(gpu);
    },
  });
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
