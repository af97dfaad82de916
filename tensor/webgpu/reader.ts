/**
 * Reading back. All that is asked for in one turn of the event loop is waited for once, because the
 * wait is the same for a number and for a million.
 *
 * @module
 */

import type { WebgpuBuffer } from "./buffer.ts";
import type { Recorder } from "./recorder.ts";

/** A buffer that the host can see, filling up with copies. */
interface Page {
  readonly gpu: GPUBuffer;
  readonly capacity: number;
  readonly requests: Request[];
  used: number;
}

interface Request {
  readonly at: number;
  readonly bytes: number;
  readonly resolve: (bytes: ArrayBuffer) => void;
  readonly reject: (reason: unknown) => void;
}

/** The size of the pages that are kept. */
const USUAL_PAGE = 65536;

/** Copies what is asked for at once, in the order of the work, and waits when the turn ends. */
export class Reader {
  readonly #device: GPUDevice;
  readonly #recorder: Recorder;
  readonly #kept: GPUBuffer[] = [];
  #pages: Page[] = [];
  #readBacks = 0;

  constructor(device: GPUDevice, recorder: Recorder) {
    this.#device = device;
    this.#recorder = recorder;
  }

  /** How often the GPU has been waited for. */
  get readBacks(): number {
    return this.#readBacks;
  }

  /** The bytes of a tensor as they are now, whatever is done with its buffer afterwards. */
  read({ gpu, bytes }: WebgpuBuffer): Promise<ArrayBuffer> {
    if (this.#pages.length === 0) queueMicrotask(() => this.#finish());
    const page = this.#pageFor(bytes);
    const at = page.used;
    page.used += Math.ceil(bytes / 4) * 4;
    if (bytes > 0) this.#recorder.copy(gpu, page.gpu, at, bytes);
    return new Promise((resolve, reject) => page.requests.push({ at, bytes, resolve, reject }));
  }

  #pageFor(bytes: number): Page {
    const last = this.#pages.at(-1);
    if (last !== undefined && last.used + bytes <= last.capacity) return last;
    const capacity = Math.max(USUAL_PAGE, bytes);
    const kept = capacity === USUAL_PAGE ? this.#kept.pop() : undefined;
    const gpu = kept ?? this.#device.createBuffer({
      label: "read back",
      size: capacity,
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    });
    const page = { gpu, capacity, requests: [], used: 0 };
    this.#pages.push(page);
    return page;
  }

  #finish(): void {
    const pages = this.#pages;
    this.#pages = [];
    try {
      this.#recorder.flush();
    } catch (error) {
      for (const { requests } of pages) for (const { reject } of requests) reject(error);
      return;
    }
    this.#readBacks++;
    for (const page of pages) this.#deliver(page);
  }

  async #deliver({ gpu, capacity, requests, used }: Page): Promise<void> {
    try {
      await gpu.mapAsync(GPUMapMode.READ, 0, used);
      const mapped = gpu.getMappedRange(0, used);
      for (const { at, bytes, resolve } of requests) resolve(mapped.slice(at, at + bytes));
      gpu.unmap();
    } catch (error) {
      for (const { reject } of requests) reject(error);
      return;
    }
    if (capacity === USUAL_PAGE) this.#kept.push(gpu);
    else gpu.destroy();
  }
}
