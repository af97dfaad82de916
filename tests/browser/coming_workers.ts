/**
 * Whether web Workers come to work: they start late, and nothing but the memory that they share tells
 * of them.
 *
 * @module
 */

import type { Shared } from "../../tensor/wasm/threads/shared.ts";
import type { Library } from "./programs.ts";

const LONGEST_MILLISECONDS = 10_000;

/**
 * Watches the workers that are started from now on; the function returned works until one has come,
 * and tells whether one has.
 */
export function comingWorkers(): (rf: Library) => Promise<boolean> {
  const teams: Shared[] = [];
  globalThis.Worker = class extends Worker {
    override postMessage(team: Shared) {
      teams.push(team);
      super.postMessage(team);
    }
  };
  const haveCome = () => teams.some(({ sleepers, joined }) => sleepers[0] > 0 || joined[0] > 0);
  return async (rf) => {
    const x = rf.ones([128, 128]);
    const end = performance.now() + LONGEST_MILLISECONDS;
    while (!haveCome() && performance.now() < end) {
      rf.matmul(x, x).dispose();
      // A page starts its workers between two turns of the event loop.
      await new Promise((resolve) => setTimeout(resolve));
    }
    x.dispose();
    return haveCome();
  };
}
