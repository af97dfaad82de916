/**
 * The tensor: an id, a shape, a dtype and a counted storage on one device. No maths, no gradient.
 *
 * @module
 */

import { lentStorage, newId, noteUse } from "./captures.ts";
import type { Device, DType, HostArray, HostSource, Operand } from "./device.ts";
import { type DeviceName, startedDevice } from "./devices.ts";
import { formatTensor } from "./format.ts";
import { innermostScope, type Owner, type Scope } from "./handles.ts";
import { formatShape, type Shape, sizeOf } from "./shape.ts";
import { allocate, Storage } from "./storage.ts";

const forgotten = new FinalizationRegistry<Storage>((storage) => storage.letGo());

/** Owns what is made outside of every scope. */
const collector: Owner = {
  add: (handle: Tensor) => forgotten.register(handle, handle.storage, handle),
  remove: (handle: Tensor) => forgotten.unregister(handle),
};

/** Owns what the library itself promises to dispose. */
const nobody: Owner = { add: () => {}, remove: () => {} };

/**
 * An immutable array of numbers on one device, row-major to its readers.
 *
 * Made by {@linkcode tensor} and by ops, never by `new`. Several handles may stand for one tensor: they
 * share its id and storage, and each is disposed for itself. A handle made inside a
 * {@linkcode scope} or a differentiated function is disposed when that ends; one made outside is
 * freed by `dispose()`, by `using`, or at some later time by the garbage collector.
 *
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { tensor } from "./mod.ts";
 *
 * using x = tensor([[1, 2, 3], [4, 5, 6]]);
 * deepEqual(x.shape, [2, 3]);
 * deepEqual([...await x.data()], [1, 2, 3, 4, 5, 6]);
 * ```
 */
export class Tensor implements Operand<unknown>, Disposable {
  #storage: Storage | undefined;
  #owner: Owner;

  /** The op that made the tensor. */
  readonly op: string;

  /** @ignore The owner's note. */
  place = 0;

  /** @ignore Use {@linkcode tensor}. */
  constructor(
    storage: Storage,
    readonly shape: Shape,
    readonly dtype: DType,
    /** Names the tensor to tapes. */
    readonly id: number = newId(),
    owner: Owner = innermostScope() ?? collector,
  ) {
    this.#storage = storage;
    this.op = storage.op;
    this.#owner = owner;
    owner.add(this);
  }

  /** The number of elements. */
  get size(): number {
    return sizeOf(this.shape);
  }

  /** The device that holds the tensor. */
  get device(): Device {
    return this.storage.device;
  }

  /** The device's own buffer. */
  get buffer(): unknown {
    return this.storage.buffer;
  }

  /** @ignore Counted memory, for the library's own use: a disposed handle's too while it is lent. */
  get storage(): Storage {
    const storage = this.#storage ?? lentStorage(this.id);
    if (storage === undefined) throw disposedError(this);
    noteUse(this);
    return storage;
  }

  /** True once this handle has been disposed. */
  get disposed(): boolean {
    return this.#storage === undefined;
  }

  /**
   * Reads the elements in row-major order.
   *
   * @throws {TypeError} if the tensor has been disposed.
   */
  data(): Promise<HostArray> {
    return this.device.read(this);
  }

  /**
   * Reads the elements without waiting, where the device can.
   *
   * @throws {TypeError} if the device cannot, or the tensor has been disposed.
   */
  dataSync(): HostArray {
    const { device } = this;
    if (device.readSync === undefined) {
      throw new TypeError(
        `Cannot read a tensor on ${device.name} without waiting: use await t.data()`,
      );
    }
    return device.readSync(this);
  }

  /**
   * Reads the only element.
   *
   * @throws {TypeError} if there is not exactly one.
   */
  async item(): Promise<number> {
    if (this.size !== 1) {
      throw new TypeError(
        `Cannot read one number from a tensor of shape ${formatShape(this.shape)}: ` +
          `item() needs exactly one element; use data()`,
      );
    }
    return (await this.data())[0];
  }

  /**
   * Copies the tensor to another device; no gradient flows through.
   *
   * @throws {RangeError} if there is no such device.
   * @throws {TypeError} if the device does not hold the dtype.
   */
  async to(name: DeviceName): Promise<Tensor> {
    const device = await startedDevice(name);
    return fromHost("to", await this.data(), this, device);
  }

  /** @ignore Another handle of the same tensor, in the innermost scope. */
  share(): Tensor {
    return new Tensor(this.storage.hold(), this.shape, this.dtype, this.id);
  }

  /** @ignore Another handle of the same tensor that no scope frees: the tape's. */
  keep(): Tensor {
    return new Tensor(this.storage.hold(), this.shape, this.dtype, this.id, nobody);
  }

  /** @ignore Hands the handle from `from`, if that owns it, to the innermost scope now. */
  escape(from: Scope): void {
    if (this.#owner !== from) return;
    from.remove(this);
    this.#owner = innermostScope() ?? collector;
    this.#owner.add(this);
  }

  /** @ignore This handle escaped from `from`, or another of the same tensor if that does not own it. */
  claim(from: Scope): Tensor {
    if (this.#owner !== from) return this.share();
    this.escape(from);
    return this;
  }

  /** Lets go of the storage; doing it twice is fine, using the handle afterwards is an error. */
  dispose(): void {
    if (this.#storage === undefined) return;
    this.#owner.remove(this);
    this.#storage.letGo();
    this.#storage = undefined;
  }

  /** For `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /** What `console.log` shows in Deno. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return formatTensor(this);
  }
}

function disposedError({ dtype, shape, op }: Tensor): TypeError {
  return new TypeError(
    `Cannot use the ${dtype} ${formatShape(shape)} tensor made by ${op}: ` +
      `it has been disposed. A tensor dies with the scope() or differentiated function it was made ` +
      `in unless returned from there`,
  );
}

/** @ignore Writes host numbers to a device and wraps them. */
export function fromHost(
  op: string,
  data: HostSource,
  { shape, dtype }: { shape: Shape; dtype: DType },
  device: Device,
): Tensor {
  if (!device.dtypes.includes(dtype)) {
    throw new TypeError(
      `Cannot put a ${dtype} tensor on ${device.name}: it holds ${device.dtypes.join(", ")}`,
    );
  }
  const buffer = allocate(
    op,
    shape,
    dtype,
    (device) => device.write(data, { shape, dtype }),
    device,
  );
  return new Tensor(new Storage(device, buffer, op), shape, dtype);
}
