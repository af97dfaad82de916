/**
 * One GPU at work: memory, programs and reading back in one place, and the fault that ends it.
 *
 * @module
 */

import type { HostArray } from "../device.ts";
import { mebibytes, OutOfMemory } from "../out_of_memory.ts";
import { type Shape, sizeOf } from "../shape.ts";
import type { WebgpuBuffer } from "./buffer.ts";
import { BufferPool, type PoolStatistics } from "./buffer_pool.ts";
import { Compiler } from "./compiled.ts";
import { type Groups, groupsForEach, MOST_GROUPS, type Program } from "./program.ts";
import { Reader } from "./reader.ts";
import { type DrivingStatistics, Recorder } from "./recorder.ts";

/** What a GPU has done and holds. */
export interface GpuStatistics extends PoolStatistics, DrivingStatistics {
  /** Times that the GPU was waited for. */
  readonly readBacks: number;
  /** Programs compiled. */
  readonly programs: number;
  /** Groups of buffers made for programs; steps that are alike find those of the steps before. */
  readonly bindGroups: number;
}

/** The adapter's limits that programs are planned by. */
export interface GpuLimits {
  /** The largest buffer that a program can be given, in bytes. */
  readonly binding: number;
  /** Whether the adapter is a program that runs on the CPU. */
  readonly isSoftware: boolean;
}

/** A started GPU. Once it has failed every call throws what ended it. */
export class Gpu {
  readonly limits: GpuLimits;
  readonly #device: GPUDevice;
  readonly #pool: BufferPool;
  readonly #compiler: Compiler;
  readonly #recorder: Recorder;
  readonly #reader: Reader;
  /** While a warm-up is being rehearsed: the programs that it asks for. */
  #rehearsed: Set<Program> | undefined;
  /** While a kernel runs: the buffers that it has taken. */
  #attempted: Set<WebgpuBuffer> | undefined;
  #fault: Error | undefined;

  constructor(device: GPUDevice, limits: GpuLimits) {
    this.limits = limits;
    this.#device = device;
    this.#compiler = new Compiler(device, (error) => this.fail(error));
    this.#recorder = new Recorder(device, this.#compiler);
    this.#reader = new Reader(device, this.#recorder);
    this.#pool = new BufferPool({
      largest: limits.binding,
      make: (capacity) => this.#make(capacity),
      retire: () => {
        this.#recorder.flush();
        this.#compiler.forgetGroups();
      },
    });
  }

  get statistics(): GpuStatistics {
    return {
      ...this.#pool.statistics,
      ...this.#recorder.statistics,
      readBacks: this.#reader.readBacks,
      programs: this.#compiler.programs,
      bindGroups: this.#compiler.groupsMade,
    };
  }

  /** What ended this GPU, if something did. */
  get fault(): Error | undefined {
    return this.#fault;
  }

  /** Ends this GPU: what it holds is lost, and given back to the host. The first reason stays. */
  fail(error: Error): void {
    if (this.#fault !== undefined) return;
    this.#fault = error;
    this.#device.destroy();
  }

  /** Gives the GPU back; what it holds is lost. */
  destroy(): void {
    this.fail(
      new Error(
        "Cannot use device webgpu: the GPU was given back by destroy(); call init() to start anew",
      ),
    );
  }

  /** A buffer for a tensor, with whatever was in it before. */
  allocate(shape: Shape): WebgpuBuffer {
    return this.allocateBytes(sizeOf(shape) * 4);
  }

  /** A buffer of so many bytes, with whatever was in it before. */
  allocateBytes(bytes: number): WebgpuBuffer {
    this.#check();
    const buffer = this.#pool.take(bytes);
    this.#attempted?.add(buffer);
    return buffer;
  }

  /** Gives a buffer back; work that was recorded with it is still done. */
  free(buffer: WebgpuBuffer): void {
    this.#attempted?.delete(buffer);
    this.#pool.give(buffer);
  }

  /** Runs a kernel; if it throws, as for want of memory halfway, it keeps no buffer. */
  attempt<T>(kernel: () => T): T {
    const buffers = this.#attempted = new Set<WebgpuBuffer>();
    try {
      return kernel();
    } catch (error) {
      for (const buffer of buffers) this.#pool.give(buffer);
      throw error;
    } finally {
      this.#attempted = undefined;
    }
  }

  /** Runs an {@linkcode eachProgram} for `count` pieces of work. */
  each<B extends string, V extends string>(
    program: Program<B, V>,
    count: number,
    buffers: Readonly<Record<B, WebgpuBuffer>>,
    numbers: Readonly<Record<Exclude<V, "count">, number>>,
  ): void {
    this.#run(program, groupsForEach(count), buffers, { ...numbers, count });
  }

  /** Runs a {@linkcode groupProgram} in so many workgroups. */
  groups<B extends string, V extends string>(
    program: Program<B, V>,
    groups: Groups,
    buffers: Readonly<Record<B, WebgpuBuffer>>,
    numbers: Readonly<Record<V, number>>,
  ): void {
    this.#run(program, groups, buffers, numbers);
  }

  #run<B extends string>(
    program: Program<B>,
    groups: Groups,
    buffers: Readonly<Record<B, WebgpuBuffer>>,
    numbers: Readonly<Record<string, number>>,
  ): void {
    this.#check();
    if (groups.some((count) => count > MOST_GROUPS)) {
      throw new RangeError(
        `Cannot run "${program.name}" on the GPU: it needs ${groups.join(" × ")} workgroups, and ` +
          `there may be ${MOST_GROUPS} along an axis; work on a part of the tensor at a time`,
      );
    }
    if (this.#rehearsed !== undefined) {
      this.#rehearsed.add(program);
      return;
    }
    this.#recorder.dispatch(program, program.buffers.map((name) => buffers[name]), numbers, groups);
  }

  /** Copies numbers of the host into a new buffer. */
  write(data: HostArray): WebgpuBuffer {
    const buffer = this.allocateBytes(data.byteLength);
    if (data.length === 0) return buffer;
    // The queue writes before work that is recorded and not yet submitted, which may use this buffer.
    this.#recorder.flush();
    this.#device.queue.writeBuffer(buffer.gpu, 0, data);
    return buffer;
  }

  /** Reads a tensor's bytes as they are now. */
  async read(buffer: WebgpuBuffer): Promise<ArrayBuffer> {
    this.#check();
    try {
      return await this.#reader.read(buffer);
    } catch (error) {
      throw this.#fault ?? error;
    } finally {
      this.#check();
    }
  }

  /** Waits until everything asked for has been done. */
  async idle(): Promise<void> {
    this.#check();
    this.#recorder.flush();
    try {
      await this.#device.queue.onSubmittedWorkDone();
    } finally {
      this.#check();
    }
  }

  /**
   * Makes ready the programs that `rehearse` would run, side by side. Nothing is computed in it, so
   * what it makes is not to be looked at.
   */
  async warmUp(rehearse: () => void, progress: (done: number, of: number) => void): Promise<void> {
    const programs = this.#rehearsed = new Set<Program>();
    try {
      rehearse();
    } finally {
      this.#rehearsed = undefined;
    }
    let done = 0;
    await Promise.all([...programs].map(async (program) => {
      await this.#compiler.compileBeside(program);
      this.#check();
      await this.#runOnNothing(program);
      progress(++done, programs.size);
    }));
  }

  /** Some drivers compile a program when it is first run: with numbers of 0 there is nothing to do. */
  async #runOnNothing(program: Program): Promise<void> {
    const buffers = program.buffers.map(() => this.allocateBytes(16));
    const numbers = Object.fromEntries(program.numbers.map(([name]) => [name, 0]));
    this.#recorder.dispatch(program, buffers, numbers, [1, 1, 1]);
    buffers.forEach((buffer) => this.free(buffer));
    await this.idle();
  }

  #check(): void {
    if (this.#fault !== undefined) throw this.#fault;
  }

  #make(capacity: number): GPUBuffer {
    this.#device.pushErrorScope("out-of-memory");
    const { STORAGE, COPY_SRC, COPY_DST } = GPUBufferUsage;
    const usage = STORAGE | COPY_SRC | COPY_DST;
    const buffer = this.#device.createBuffer({ size: capacity, usage });
    this.#device.popErrorScope().then((error) => {
      if (error !== null) this.fail(this.#outOfMemory(capacity, error.message));
    }, () => {});
    return buffer;
  }

  #outOfMemory(wanted: number, message: string): Error {
    const { liveBytes, idleBytes } = this.#pool.statistics;
    return new OutOfMemory(
      `the GPU refused ${mebibytes(wanted)} while ${mebibytes(liveBytes)} are in use and ` +
        `${mebibytes(idleBytes)} kept for reuse: ${message}`,
      "what the GPU held is lost: call init() again and go on with a smaller batch",
    );
  }
}
