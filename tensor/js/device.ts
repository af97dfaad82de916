/**
 * The `js` device: every kernel in plain TypeScript loops over typed arrays. The other devices are
 * tested against it.
 *
 * @module
 */

import { type Device, type HostArray, hostArray } from "../device.ts";
import { adam } from "./adam.ts";
import {
  batchNorm,
  batchNormBackward,
  batchNormRelu,
  batchNormReluBackward,
} from "./batch_norm.ts";
import { combine } from "./combine.ts";
import { conv2d, conv2dInput, conv2dWeight } from "./conv2d.ts";
import * as elementwise from "./elementwise.ts";
import { gather, scatterAdd } from "./indexing.ts";
import { matmul } from "./matmul.ts";
import * as movement from "./movement.ts";
import { argmaxPool } from "./pool.ts";
import { uniform } from "./random.ts";
import { argmax, sumTo } from "./reduction.ts";

/** The device that runs everywhere, in float32, float64 and int32. */
export const jsDevice: Device<HostArray> = {
  name: "js",
  dtypes: ["float32", "float64", "int32"],
  kernels: {
    ...elementwise,
    ...movement,
    uniform,
    sumTo,
    argmax,
    gather,
    scatterAdd,
    matmul,
    conv2d,
    conv2dInput,
    conv2dWeight,
    argmaxPool,
    batchNorm,
    batchNormBackward,
    batchNormRelu,
    batchNormReluBackward,
    adam,
    combine,
  },
  write: (data, { dtype }) => {
    const buffer = hostArray(dtype, data.length);
    buffer.set(data);
    return buffer;
  },
  read: (x) => Promise.resolve(x.buffer.slice()),
  readSync: (x) => x.buffer.slice(),
  bytes: (buffer) => buffer.byteLength,
  free: () => {},
};
