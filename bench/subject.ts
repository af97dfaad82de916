/**
 * Our library as a measured program: `subject.ts DEVICE [THREADS]`.
 *
 * @module
 */

import { DEVICE_NAMES, type DeviceName, memory } from "../tensor/mod.ts";
import { startDevice } from "./device_mode.ts";
import { prepare } from "./ours/prepare.ts";
import { serve } from "./serve.ts";

await serve(async () => {
  const [name, threads] = Deno.args;
  const { threads: used, mode } = await startDevice(
    deviceName(name),
    threads === undefined ? undefined : Number(threads),
  );
  const { deno, v8 } = Deno.version;
  return {
    hello: { versions: { deno, v8 }, threads: used, mode },
    prepare,
    liveBytes: () => memory().bytes,
  };
});

function deviceName(word: string): DeviceName {
  const name = DEVICE_NAMES.find((known) => known === word);
  if (name === undefined) throw new RangeError(`There is no device "${word}"`);
  return name;
}
