/**
 * Programs made ready for one GPU: its pipelines and the groups in which they are given buffers.
 *
 * @module
 */

import type { WebgpuBuffer } from "./buffer.ts";
import { type Program, UNIFORM_BYTES } from "./program.ts";

/** A program as the GPU takes it. */
export interface Compiled {
  readonly pipeline: GPUComputePipeline;
  readonly layout: Layout;
}

/** What all programs with as many buffers read and written share. */
interface Layout {
  readonly name: string;
  readonly buffers: GPUBindGroupLayout;
  readonly pipeline: GPUPipelineLayout;
}

/** More groups than two training steps use; past it the oldest is forgotten. */
const MOST_BIND_GROUPS = 8192;

/** Compiles each program once, and makes each group of buffers once. */
export class Compiler {
  readonly #device: GPUDevice;
  readonly #fail: (error: Error) => void;
  readonly #programs = new Map<Program, Compiled>();
  readonly #layouts = new Map<string, Layout>();
  readonly #numbers: GPUBindGroupLayout;
  /** Groups of buffers, by layout and the ids of the buffers; the one used last comes last. */
  readonly #groups = new Map<string, GPUBindGroup>();
  #groupsMade = 0;

  constructor(device: GPUDevice, fail: (error: Error) => void) {
    this.#device = device;
    this.#fail = fail;
    this.#numbers = device.createBindGroupLayout({
      label: "numbers",
      entries: [{
        binding: 0,
        visibility: GPUShaderStage.COMPUTE,
        buffer: { type: "uniform", hasDynamicOffset: true, minBindingSize: UNIFORM_BYTES },
      }],
    });
  }

  /** How many groups of buffers have been made. */
  get groupsMade(): number {
    return this.#groupsMade;
  }

  /** How many programs have been compiled. */
  get programs(): number {
    return this.#programs.size;
  }

  /** The group through which a program is given its numbers, from a buffer of many. */
  numbersGroup(buffer: GPUBuffer): GPUBindGroup {
    return this.#device.createBindGroup({
      layout: this.#numbers,
      entries: [{ binding: 0, resource: { buffer, size: UNIFORM_BYTES } }],
    });
  }

  /** The program, compiled now if it has not been. */
  compiled(program: Program): Compiled {
    const known = this.#programs.get(program);
    if (known !== undefined) return known;
    const layout = this.#layoutFor(program);
    this.#device.pushErrorScope("validation");
    const pipeline = this.#device.createComputePipeline(this.#description(program, layout));
    this.#device.popErrorScope().then((error) => {
      if (error !== null) this.#fail(compileError(program, error.message));
    }, () => {});
    const compiled = { pipeline, layout };
    this.#programs.set(program, compiled);
    return compiled;
  }

  /** Compiles a program while others are being compiled. */
  async compileBeside(program: Program): Promise<void> {
    if (this.#programs.has(program)) return;
    const layout = this.#layoutFor(program);
    this.#device.pushErrorScope("validation");
    const description = this.#description(program, layout);
    const refused = this.#device.popErrorScope().catch(() => null);
    try {
      const pipeline = await this.#device.createComputePipelineAsync(description);
      this.#programs.set(program, { pipeline, layout });
    } catch (error) {
      const { message } = await refused ?? (error as Error);
      this.#fail(compileError(program, message));
    }
  }

  #description(program: Program, layout: Layout): GPUComputePipelineDescriptor {
    const module = this.#device.createShaderModule({ label: program.name, code: program.code });
    return {
      label: program.name,
      layout: layout.pipeline,
      compute: { module, entryPoint: "main" },
    };
  }

  #layoutFor({ buffers, reads }: Program): Layout {
    const key = `${reads} of ${buffers.length}`;
    const known = this.#layouts.get(key);
    if (known !== undefined) return known;
    const group = this.#device.createBindGroupLayout({
      label: key,
      entries: buffers.map((_, binding) => ({
        binding,
        visibility: GPUShaderStage.COMPUTE,
        buffer: { type: binding < reads ? "read-only-storage" : "storage" },
      })),
    });
    const layout = {
      name: key,
      buffers: group,
      pipeline: this.#device.createPipelineLayout({ bindGroupLayouts: [group, this.#numbers] }),
    };
    this.#layouts.set(key, layout);
    return layout;
  }

  /** The group that gives these buffers to a program of such a layout. */
  groupOf(layout: Layout, buffers: readonly WebgpuBuffer[]): GPUBindGroup {
    let key = layout.name;
    for (const { id } of buffers) key += `,${id}`;
    const group = this.#groups.get(key) ?? this.#makeGroup(layout, buffers);
    // The group used last stands last, so that the first is the one to be forgotten.
    this.#groups.delete(key);
    this.#groups.set(key, group);
    if (this.#groups.size > MOST_BIND_GROUPS) {
      for (const oldest of this.#groups.keys()) {
        this.#groups.delete(oldest);
        break;
      }
    }
    return group;
  }

  #makeGroup({ buffers: layout }: Layout, buffers: readonly WebgpuBuffer[]): GPUBindGroup {
    this.#groupsMade++;
    return this.#device.createBindGroup({
      layout,
      entries: buffers.map(({ gpu }, binding) => ({ binding, resource: { buffer: gpu } })),
    });
  }

  /** Forgets every group, as a buffer that some name is about to be destroyed. */
  forgetGroups(): void {
    this.#groups.clear();
  }
}

function compileError({ name }: Program, message: string): Error {
  return new Error(
    `Cannot compile the WebGPU program "${name}" for this adapter: ${message.trim()}. ` +
      `This is a fault of the library or the driver: please report it with the adapter's name, and ` +
      `compute on another device meanwhile`,
  );
}
