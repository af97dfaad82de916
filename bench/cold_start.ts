/**
 * A program that does as little as can be done: `cold_start.ts DEVICE [THREADS]`.
 *
 * @module
 */

import { conv2d, DEVICE_NAMES, ones } from "../mod.ts";
import { startDevice } from "./device_mode.ts";

const device = DEVICE_NAMES.find((name) => name === Deno.args[0]);
if (device === undefined) throw new RangeError(`There is no device "${Deno.args[0]}"`);
await startDevice(device, Deno.args[1] === undefined ? undefined : Number(Deno.args[1]));
const y = conv2d(ones([1, 3, 16, 16]), ones([8, 3, 3, 3]), { padding: 1 });
console.log((await y.data())[0]);
