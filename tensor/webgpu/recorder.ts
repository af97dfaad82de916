/**
 * Work for the GPU, recorded and handed over many dispatches at a time.
 *
 * @module
 */

import type { WebgpuBuffer } from "./buffer.ts";
import type { Compiler } from "./compiled.ts";
import { type Groups, type Program, UNIFORM_BYTES } from "./program.ts";

/** What has been driven, for reports and tests. */
export interface DrivingStatistics {
  /** Programs run. */
  readonly dispatches: number;
  /** Times that recorded work was handed to the GPU. */
  readonly submissions: number;
}

/** Dispatches that are handed over together: enough to share a submission, few enough to begin soon. */
const MOST_RECORDED = 128;

/**
 * Records dispatches into one pass. The numbers of each lie in one uniform buffer, written just before
 * the pass is submitted; the queue keeps that order, so the buffer serves every pass.
 */
export class Recorder {
  readonly #device: GPUDevice;
  readonly #compiler: Compiler;
  readonly #uniforms: GPUBuffer;
  readonly #uniformsGroup: GPUBindGroup;
  readonly #numbers = new ArrayBuffer(MOST_RECORDED * UNIFORM_BYTES);
  readonly #floats = new Float32Array(this.#numbers);
  readonly #integers = new Int32Array(this.#numbers);
  #encoder: GPUCommandEncoder | undefined;
  #pass: GPUComputePassEncoder | undefined;
  #recorded = 0;
  #dispatches = 0;
  #submissions = 0;

  constructor(device: GPUDevice, compiler: Compiler) {
    this.#device = device;
    this.#compiler = compiler;
    this.#uniforms = device.createBuffer({
      label: "numbers",
      size: this.#numbers.byteLength,
      usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    });
    this.#uniformsGroup = compiler.numbersGroup(this.#uniforms);
  }

  get statistics(): DrivingStatistics {
    return { dispatches: this.#dispatches, submissions: this.#submissions };
  }

  /** Records one run of a program. */
  dispatch(
    program: Program,
    buffers: readonly WebgpuBuffer[],
    numbers: Readonly<Record<string, number>>,
    [x, y, z]: Groups,
  ): void {
    if (x * y * z === 0) return;
    const { pipeline, layout } = this.#compiler.compiled(program);
    const group = this.#compiler.groupOf(layout, buffers);
    const offset = this.#recorded * UNIFORM_BYTES;
    this.#writeNumbers(program, numbers, offset / 4);
    const pass = this.#pass ??= this.#commands().beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    pass.setBindGroup(1, this.#uniformsGroup, [offset]);
    pass.dispatchWorkgroups(x, y, z);
    this.#dispatches++;
    if (++this.#recorded === MOST_RECORDED) this.flush();
  }

  #writeNumbers(
    { numbers: declared }: Program,
    numbers: Readonly<Record<string, number>>,
    start: number,
  ): void {
    for (let i = 0; i < declared.length; i++) {
      const [name, type] = declared[i];
      const of = type === "f32" ? this.#floats : this.#integers;
      of[start + i] = numbers[name];
    }
  }

  /** Records a copy from one buffer to another. */
  copy(from: GPUBuffer, to: GPUBuffer, at: number, bytes: number): void {
    this.#pass?.end();
    this.#pass = undefined;
    this.#commands().copyBufferToBuffer(from, 0, to, at, bytes);
  }

  #commands(): GPUCommandEncoder {
    return this.#encoder ??= this.#device.createCommandEncoder();
  }

  /** Hands over what has been recorded. */
  flush(): void {
    const encoder = this.#encoder;
    if (encoder === undefined) return;
    this.#pass?.end();
    if (this.#recorded > 0) {
      const bytes = this.#recorded * UNIFORM_BYTES;
      this.#device.queue.writeBuffer(this.#uniforms, 0, this.#numbers, 0, bytes);
    }
    this.#device.queue.submit([encoder.finish()]);
    this.#pass = undefined;
    this.#encoder = undefined;
    this.#recorded = 0;
    this.#submissions++;
  }
}
