/**
 * ONNX Runtime for the web on WebGPU as a measured program: forward convolutions, the transpose in the
 * input, and matrix products. It runs models and differentiates none.
 *
 * @module
 */

import * as ort from "npm:onnxruntime-web@1.30.0/webgpu";
import { awaited, AWAITED_SAMPLE_MS } from "../awaited.ts";
import { serve } from "../serve.ts";
import type { Prepared, Work } from "../work.ts";
import { onnxModel, type Operation } from "./onnx_model.ts";

await serve(() => {
  // Threads would only compute what the GPU cannot.
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = "error";
  return {
    hello: {
      versions: { "onnxruntime-web": ort.env.versions.web ?? "" },
      threads: 1,
      sample_ms: AWAITED_SAMPLE_MS,
    },
    prepare: (work) => repeatable(operationOf(work)),
  };
});
// Its GPU would keep the process alive.
Deno.exit();

function operationOf(work: Work): Operation {
  switch (work.kind) {
    case "conv2d": {
      const { batch, inputs, outputs, side } = work;
      return {
        type: "Conv",
        inputs: { x: [batch, inputs, side, side], w: [outputs, inputs, 3, 3] },
        output: [batch, outputs, side, side],
        attributes: { pads: [1, 1, 1, 1] },
      };
    }
    case "conv2dInput": {
      const { batch, inputs, outputs, side } = work;
      return {
        type: "ConvTranspose",
        inputs: { g: [batch, outputs, side, side], w: [outputs, inputs, 3, 3] },
        output: [batch, inputs, side, side],
        attributes: { pads: [1, 1, 1, 1] },
      };
    }
    case "matmul": {
      const matrix = [work.size, work.size];
      return { type: "MatMul", inputs: { a: matrix, b: matrix }, output: matrix };
    }
    case "conv2dWeight":
      throw new Error("onnxruntime-web has no gradient of a convolution with respect to filters");
    case "embedder":
      throw new Error("onnxruntime-web runs models forward and differentiates nothing");
    default:
      throw new Error("onnxruntime-web is measured on convolutions and matrix products only");
  }
}

async function repeatable(operation: Operation): Promise<Prepared> {
  const session = await ort.InferenceSession.create(onnxModel(operation), {
    executionProviders: ["webgpu"],
    preferredOutputLocation: "gpu-buffer",
  });
  const device = await ort.env.webgpu.device as GPUDevice;
  const inputs = Object.entries(operation.inputs).map(([name, shape]) => ({
    name,
    ...randomTensor(device, shape),
  }));
  const feeds = Object.fromEntries(inputs.map(({ name, tensor }) => [name, tensor]));
  const number = device.createBuffer({
    size: 4,
    usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
  });
  return awaited({
    begin: async () => (await session.run(feeds)).y,
    read: (y) => readOne(device, y, number),
    free: (y) => y.dispose(),
    end() {
      for (const { buffer } of inputs) buffer.destroy();
      number.destroy();
      session.release();
    },
  });
}

function randomTensor(device: GPUDevice, shape: readonly number[]) {
  const numbers = Float32Array.from(
    { length: shape.reduce((product, length) => product * length, 1) },
    (_, i) => Math.sin(i),
  );
  const buffer = device.createBuffer({
    // It reads vectors of four.
    size: Math.ceil(numbers.byteLength / 16) * 16,
    usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
  });
  device.queue.writeBuffer(buffer, 0, numbers);
  const tensor = ort.Tensor.fromGpuBuffer(buffer, { dataType: "float32", dims: [...shape] });
  return { buffer, tensor };
}

async function readOne(device: GPUDevice, y: ort.Tensor, number: GPUBuffer): Promise<void> {
  const encoder = device.createCommandEncoder();
  encoder.copyBufferToBuffer(y.gpuBuffer as GPUBuffer, 0, number, 0, 4);
  device.queue.submit([encoder.finish()]);
  await number.mapAsync(GPUMapMode.READ);
  number.unmap();
}
