/**
 * A computation to be run again and again, waited for where the device does not.
 *
 * @module
 */

import { reshape, slice } from "../../autograd/mod.ts";
import { currentDevice, scope, type Tensor } from "../../tensor/mod.ts";
import { awaited } from "../awaited.ts";
import type { Prepared } from "../work.ts";

/** Whether the current device is still at it when an op returns. */
export function worksOn(): boolean {
  return currentDevice().readSync === undefined;
}

/**
 * `compute` makes one new tensor; `inputs` are let go of at the end. `before` makes ready what each run
 * uses up, and returns a tensor of it.
 */
export function repeated(
  compute: () => Tensor,
  inputs: readonly Tensor[],
  before?: () => Tensor,
): Prepared {
  const end = () => inputs.forEach((x) => x.dispose());
  if (!worksOn()) {
    return {
      before: before && (() => void before()),
      run: () => compute().dispose(),
      end,
    };
  }
  return awaited({
    before: before && (() => readOne(before())),
    begin: compute,
    read: readOne,
    free: (x) => x.dispose(),
    end,
  });
}

async function readOne(x: Tensor): Promise<void> {
  using first = scope(() => slice(reshape(x, [-1]), [0], [1]));
  await first.data();
}
