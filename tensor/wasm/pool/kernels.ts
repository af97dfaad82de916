/**
 * The positions that max-pooling chooses, as one byte each: the place within the window. Gathering and
 * scattering by them reads and writes maps in order, without an address for each element.
 *
 * @module
 */

import type { Kernels } from "../../device.ts";
import type { Geometry, Shape, Windows } from "../../shape.ts";
import type { WasmBuffer, WasmOperand } from "../buffer.ts";
import { toLayout, withLayout } from "../layout.ts";
import type { Machine } from "../machine.ts";
import { windowsOf } from "./positions.ts";
import { argmaxPositions, argmaxWindows, gatherWindows, scatterWindows } from "./sliding.ts";
import { MOST_TILE_PLACES, type PoolKernels, tileKernels } from "./tiles.ts";
import { tile, windowTasks } from "./windows.ts";

/** The most places a window may have for a place to be a byte. */
const MOST_PLACES = 256;

/** The pool kernels of a machine. */
export function poolKernels(machine: Machine): Pick<Kernels<WasmBuffer>, "argmaxPool"> {
  return {
    argmaxPool: (x, kernel, geometry, shape) => argmaxPool(machine, x, kernel, geometry, shape),
  };
}

function argmaxPool(
  machine: Machine,
  x: WasmOperand,
  kernel: readonly [number, number],
  geometry: Geometry,
  shape: Shape,
): WasmBuffer {
  const [, , height, width] = x.shape;
  const [, , rows, columns] = shape;
  const windows: Windows = { kernel, geometry, image: [height, width], count: [rows, columns] };
  const { tasks, args } = windowTasks(windows, shape, "windows");
  return withLayout(machine, x, "channelsLast", (from) => {
    if (placesOf(windows) > MOST_PLACES) {
      const positions = machine.allocate(shape, "channelsLast");
      machine.run(argmaxPositions, tasks, [positions.address, from.address, ...args]);
      const index = toLayout(machine, { shape, dtype: "int32", buffer: positions }, "rowMajor");
      machine.free(positions);
      return index;
    }
    const places = { ...machine.allocate(shape, "windowPlaces"), windows };
    const kernel = kernelsFor(windows).argmax;
    machine.run(kernel, tasks, [places.address, from.address, ...args]);
    return places;
  });
}

/** Whether an index is places of windows over planes [N,C,H·W] of floats, to be chosen along axis 2. */
export function choosesFromPlanes(
  index: WasmOperand,
  axis: number,
  { shape, dtype }: Pick<WasmOperand, "shape" | "dtype">,
): boolean {
  const { windows } = index.buffer;
  return windows !== undefined && axis === 2 && shape.length === 3 && dtype === "float32" &&
    shape[2] === windows.image[0] * windows.image[1];
}

/** gather along axis 2 of x [N,C,H·W]. */
export function gatherFromWindows(
  machine: Machine,
  x: WasmOperand,
  index: WasmOperand,
): WasmBuffer {
  const windows = windowsOf(index);
  const { tasks, args } = windowTasks(windows, index.shape, "windows");
  return withLayout(machine, x, "channelsLast", (from) => {
    const to = machine.allocate(index.shape, "channelsLast");
    const addresses = [to.address, from.address, index.buffer.address];
    machine.run(kernelsFor(windows).gather, tasks, [...addresses, ...args]);
    return to;
  });
}

/** scatterAdd of g along axis 2 to `shape` [N,C,H·W]. */
export function scatterToWindows(
  machine: Machine,
  g: WasmOperand,
  index: WasmOperand,
  shape: Shape,
): WasmBuffer {
  const windows = windowsOf(index);
  const kernels = kernelsFor(windows);
  const rowsOf = kernels === SLIDING ? "pixels" : "windows";
  const { tasks, args } = windowTasks(windows, shape, rowsOf);
  return withLayout(machine, g, "channelsLast", (from) => {
    const to = machine.allocate(shape, "channelsLast");
    const addresses = [to.address, from.address, index.buffer.address];
    machine.run(kernels.scatter, tasks, [...addresses, ...args]);
    return to;
  });
}

const SLIDING: PoolKernels = {
  argmax: argmaxWindows,
  gather: gatherWindows,
  scatter: scatterWindows,
};

function kernelsFor(windows: Windows): PoolKernels {
  return tile(windows) && placesOf(windows) <= MOST_TILE_PLACES
    ? tileKernels(windows.kernel)
    : SLIDING;
}

function placesOf({ kernel }: Windows): number {
  return kernel[0] * kernel[1];
}
