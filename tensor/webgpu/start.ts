/**
 * Finding a GPU and opening it with all that it offers.
 *
 * @module
 */

import { OutOfMemory } from "../out_of_memory.ts";
import { Gpu, type GpuLimits } from "./gpu.ts";

/** How {@linkcode startGpu} chooses. */
export interface WebgpuOptions {
  /** Which adapter to ask for, where there is more than one. */
  readonly powerPreference?: GPUPowerPreference;
}

/** No GPU could be opened. */
export class NoGpu extends Error {}

/** An adapter, in words and as a kind. */
export interface AdapterDescription {
  /** What the driver calls itself. */
  readonly name: string;
  /** Whether it is a program that runs on the CPU. */
  readonly isSoftware: boolean;
}

/**
 * Asks for an adapter.
 *
 * @throws {NoGpu} if the host has no WebGPU, or WebGPU no adapter.
 */
export async function findAdapter(options: WebgpuOptions = {}): Promise<GPUAdapter> {
  const gpu = globalThis.navigator?.gpu;
  if (gpu === undefined) {
    throw new NoGpu(
      "Cannot use device webgpu: this host has no WebGPU (navigator.gpu). A page needs HTTPS or " +
        "localhost and a browser with WebGPU switched on; compute on wasm meanwhile",
    );
  }
  const { powerPreference = "high-performance" } = options;
  const adapter = await gpu.requestAdapter({ powerPreference });
  if (adapter === null) {
    throw new NoGpu(
      "Cannot use device webgpu: there is no adapter. Linux needs a Vulkan driver (the package " +
        "mesa-vulkan-drivers has one in software); compute on wasm meanwhile",
    );
  }
  return adapter;
}

/** What an adapter is. */
export function describeAdapter({ info }: GPUAdapter): AdapterDescription {
  const name = [info.vendor, info.description, info.architecture]
    .filter((part) => part !== "" && !/^\d+$/.test(part)).join(" ");
  return { name, isSoftware: info.isFallbackAdapter || SOFTWARE.test(name) };
}

/** Drivers in software that do not all say so of themselves. */
const SOFTWARE = /llvmpipe|swiftshader|lavapipe|basic render/i;

/**
 * Opens an adapter with its own limits.
 *
 * @throws {NoGpu} if it cannot be opened.
 */
export async function openGpu(adapter: GPUAdapter): Promise<Gpu> {
  const { limits } = adapter;
  const wanted = {
    maxBufferSize: limits.maxBufferSize,
    maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
  };
  let device: GPUDevice;
  try {
    device = await adapter.requestDevice({ requiredLimits: wanted });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new NoGpu(
      `Cannot use device webgpu: the adapter ${describeAdapter(adapter).name} does not open ` +
        `(${reason}); compute on wasm meanwhile`,
      { cause: error },
    );
  }
  return watched(device, limitsOf(adapter));
}

/** Buffers are whole fours of numbers; some adapters allow a byte less than a power of two. */
const BUFFER_UNIT = 256;

function limitsOf(adapter: GPUAdapter): GpuLimits {
  const { limits } = adapter;
  const largest = Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize);
  return {
    binding: Math.floor(largest / BUFFER_UNIT) * BUFFER_UNIT,
    isSoftware: describeAdapter(adapter).isSoftware,
  };
}

function watched(device: GPUDevice, limits: GpuLimits): Gpu {
  const gpu = new Gpu(device, limits);
  device.lost.then(({ reason, message }) => {
    gpu.fail(
      new Error(
        `Cannot go on with device webgpu: the GPU was lost (${reason}: ${message.trim()}). What it ` +
          `held is gone; call init() again and begin from what was saved`,
      ),
    );
  });
  device.addEventListener("uncapturederror", (event) => {
    event.preventDefault();
    const { error } = event as GPUUncapturedErrorEvent;
    gpu.fail(refusal(error));
  });
  return gpu;
}

function refusal(error: GPUError): Error {
  const reason = error.message.trim();
  if (error instanceof GPUOutOfMemoryError) {
    return new OutOfMemory(
      `the GPU refused memory: ${reason}`,
      "what the GPU held is lost: call init() again and go on with a smaller batch",
    );
  }
  return new Error(
    `Cannot go on with device webgpu: the GPU refused work (${reason}). What it held is lost; call ` +
      `init() again, and please report this`,
  );
}
