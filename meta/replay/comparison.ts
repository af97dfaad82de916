/**
 * How tightly a replayed run is compared with the recorded one.
 *
 * A deviation is relative to the recorded tensor's largest value; a gradient's to at least a
 * hundredth of its network's largest gradient, since a bias before a batch-norm has a true gradient
 * of zero and carries noise alone. Adam divides a gradient by its own size and so turns that noise
 * into steps: final weights are judged only where their first gradient was more than noise.
 *
 * In f32 what comes after the first step is reported and not judged: PyTorch differs from itself
 * there.
 *
 * @module
 */

/** The precisions that a run can be recorded, replayed and judged in. */
export type Precision = "f32" | "f64";

/** What was replayed under one key of a trace. */
export interface Replayed {
  readonly key: string;
  readonly recorded: Float64Array;
  readonly replayed: ArrayLike<number>;
}

/** The largest deviation under one key, and the limit, if there is one. */
export interface Deviation {
  readonly key: string;
  readonly deviation: number;
  readonly limit: number | null;
}

/** The deviation of what cannot be compared, such as NaN: JSON knows no infinity. */
const INCOMPARABLE = Number.MAX_VALUE;

/** Compares everything replayed, as the coarser precision of the two runs allows. */
export function compare(results: readonly Replayed[], precision: Precision): Deviation[] {
  const gradients = new FirstGradients(results);
  return results.map((result) => {
    const { key, recorded } = result;
    const everywhere = [...recorded.keys()];
    const judged = everywhere.filter((place) => !gradients.areNoise(key, place));
    return {
      key,
      deviation: relativeDeviation(
        result,
        judged.length > 0 ? judged : everywhere,
        1e-2 * gradients.largestBeside(key),
      ),
      limit: judged.length > 0 ? limitOf(key, precision) : null,
    };
  });
}

/** Whether a deviation is beyond its limit. */
export function isBeyond({ deviation, limit }: Deviation): boolean {
  return limit !== null && deviation > limit;
}

function limitOf(key: string, precision: Precision): number | null {
  if (precision === "f64") return key.startsWith("final/") ? 1e-6 : 1e-8;
  if (key.startsWith("step1/loss/")) return 1e-5;
  return gradientGroup(key) === undefined ? null : 1e-2;
}

/** The gradients that one is weighed against: `step1/grad/FeatExtor`, `step1/inner_grad0`. */
function gradientGroup(key: string): string | undefined {
  return key.match(/^step1\/(grad\/[^/]+|inner_grad\d+)/)?.[0];
}

/** The recorded gradients of the first step. */
class FirstGradients {
  readonly #gradients = new Map<string, Float64Array>();
  readonly #largest = new Map<string, number>();

  constructor(results: readonly Replayed[]) {
    for (const { key, recorded } of results) {
      const group = gradientGroup(key);
      if (group === undefined) continue;
      this.#gradients.set(key, recorded);
      this.#largest.set(group, Math.max(this.#largest.get(group) ?? 0, largest(recorded)));
    }
  }

  /** The largest gradient in the network of the gradient under a key; 0 for other keys. */
  largestBeside(key: string): number {
    return this.#largest.get(gradientGroup(key) ?? "") ?? 0;
  }

  /**
   * Whether a final weight's first gradient was nothing but rounding errors: they reach 1e-16 of the
   * network's largest, and steps made of a gradient below 1e-10 of it are then off by 1e-6 or more.
   */
  areNoise(finalKey: string, place: number): boolean {
    const key = finalKey.replace(/^final\//, "step1/grad/");
    const gradient = key === finalKey ? undefined : this.#gradients.get(key);
    return gradient !== undefined && Math.abs(gradient[place]) <= 1e-10 * this.largestBeside(key);
  }
}

function relativeDeviation(
  { recorded, replayed }: Replayed,
  places: readonly number[],
  floor: number,
): number {
  if (recorded.length !== replayed.length) return INCOMPARABLE;
  const difference = largest(places.map((place) => recorded[place] - replayed[place]));
  if (difference === 0) return 0;
  const deviation = difference / Math.max(largest(recorded), floor);
  return Number.isFinite(deviation) ? deviation : INCOMPARABLE;
}

/** The largest magnitude; NaN if there is one, so that it is never passed over. */
function largest(values: ArrayLike<number>): number {
  let worst = 0;
  for (let i = 0; i < values.length; i++) worst = Math.max(worst, Math.abs(values[i]));
  return worst;
}
