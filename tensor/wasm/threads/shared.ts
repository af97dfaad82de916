/**
 * The state of a team, in memory that all its threads see.
 *
 * @module
 */

/** What all threads see. Words that different threads write lie on cache lines of their own. */
export interface Shared {
  /** The heap that kernels compute on. */
  readonly memory: WebAssembly.Memory;
  /** How large each thread's scratch memory is at first, in pages of 64 KiB. */
  readonly scratchPages: number;
  /** Counts the openings and closings of jobs: odd while a job is open. */
  readonly state: Int32Array;
  /** The next task of the job that nobody has claimed. */
  readonly next: Int32Array;
  /** How many workers may be reading the job. */
  readonly joined: Int32Array;
  /** How many workers wait to be notified. */
  readonly sleepers: Int32Array;
  /** 1 as soon as a worker has failed at the job. */
  readonly failed: Int32Array;
  /** 1 when the workers shall end. */
  readonly stopped: Int32Array;
  /** Why a worker failed: the length of the text, then its UTF-16 units. */
  readonly message: Uint16Array;
  /** The job: kernel, offset and length of its module in `modules`, tasks, scratch bytes, arguments. */
  readonly job: Float64Array;
  /** The job's arguments. */
  readonly args: Float64Array;
  /** The bytes of all modules, one after the other. */
  readonly modules: SharedArrayBuffer;
}

/** Makes the state of a team without a job. */
export function makeShared(memory: WebAssembly.Memory, scratchPages: number): Shared {
  const LINE = 128;
  const MAX_ARGUMENTS = 32;
  const MAX_MODULE_BYTES = 2 ** 28;
  const buffer = new SharedArrayBuffer(20 * LINE);
  const word = (line: number) => new Int32Array(buffer, line * LINE, 1);
  return {
    memory,
    scratchPages,
    state: word(0),
    next: word(1),
    joined: word(2),
    sleepers: word(3),
    failed: word(4),
    stopped: word(5),
    job: new Float64Array(buffer, 6 * LINE, 6),
    args: new Float64Array(buffer, 7 * LINE, MAX_ARGUMENTS),
    message: new Uint16Array(buffer, 10 * LINE, 500),
    modules: new SharedArrayBuffer(0, { maxByteLength: MAX_MODULE_BYTES }),
  };
}
