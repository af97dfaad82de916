/**
 * How products are cut into tasks: into rows and panels, or, where a gradient of filters adds up all
 * rows, into chunks of the images, each with sums of its own, and groups of output channels.
 *
 * More chunks mean more sums to write and to add up in the end, more groups mean that inputs are
 * prepared more than once. Chunks decide about the order of additions, so they follow from shapes alone.
 *
 * @module
 */

/**
 * How many tasks so many blocks of work are cut into, at least where they can be: more for more threads
 * where there is much to do, few where cutting costs more than it gives, and such that 2 or 4 threads
 * get the same number of them.
 */
function wantedTasks(blocks: number): number {
  return Math.min(16, Math.max(4, Math.round(blocks / 32) * 4));
}

/** Rows of every task are a multiple of the rows of every tile. */
const TILE_ROWS = 12;

/** How many rows and panels each task has, and how many tasks there are. */
export interface Cut {
  readonly rowsPerTask: number;
  readonly panelsPerTask: number;
  readonly tasks: number;
}

/** Cuts so many rows, at most `most` a task and that a multiple of 12, by so many panels. */
export function cutRows(rows: number, most: number, panels: number): Cut {
  const blocks = Math.ceil(rows / most);
  const rowsPerTask = Math.ceil(rows / blocks / TILE_ROWS) * TILE_ROWS;
  const groups = Math.min(panels, Math.ceil(wantedTasks(blocks) / blocks));
  const panelsPerTask = Math.ceil(panels / groups);
  return { rowsPerTask, panelsPerTask, tasks: blocks * Math.ceil(panels / panelsPerTask) };
}

/** Output channels that a group has at least: the width of the widest panel. */
const WIDEST_PANEL = 16;

/** What the two ways cost, in one unit. */
export interface SharingCosts {
  /** Of preparing all inputs once. */
  readonly inputs: number;
  /** Of one set of sums. */
  readonly sums: number;
}

/** How many blocks of images each chunk has, how many chunks there are, and groups of channels. */
export interface Shares {
  readonly blocksPerChunk: number;
  readonly chunks: number;
  readonly groups: number;
}

/** The cheapest way to share out so many blocks for so many lanes of output. */
export function shareSums(blocks: number, lanes: number, { inputs, sums }: SharingCosts): Shares {
  const wanted = wantedTasks(blocks);
  const mostGroups = Math.max(1, Math.floor(lanes / WIDEST_PANEL));
  const ways = Array.from({ length: wanted }, (_, i) => {
    const blocksPerChunk = Math.ceil(blocks / (i + 1));
    const chunks = Math.ceil(blocks / blocksPerChunk);
    const groups = Math.min(mostGroups, Math.ceil(wanted / chunks));
    // Fewer tasks than threads leave some idle.
    const idling = 1 + 1 / Math.min(wanted, chunks * groups);
    const cost = (groups * inputs + chunks * sums) * idling;
    return { blocksPerChunk, chunks, groups, cost };
  });
  return ways.reduce((best, way) => way.cost < best.cost ? way : best);
}
