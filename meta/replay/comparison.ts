/**
 * How tightly a replayed run is compared with the recorded one.
 *
 * A deviation is relative to the recorded tensor's largest value; a gradient's to at least a
 * hundredth of its network's largest gradient, since a bias before a batch-norm has a true gradient
 * of zero and carries noise alone. In f32 what comes after the first step is reported and not
 * judged: PyTorch differs from itself there.
 *
 * @module
 */

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

/** Compares everything replayed, as the coarser precision of the two runs allows. */
export function compare(results: readonly Replayed[], precision: "f32" | "f64"): Deviation[] {
  const largestGradient = new Map<string, number>();
  for (const { key, recorded } of results) {
    const network = gradientNetwork(key);
    if (network === undefined) continue;
    largestGradient.set(network, Math.max(largestGradient.get(network) ?? 0, largest(recorded)));
  }
  return results.map(({ key, recorded, replayed }) => {
    const floor = 1e-2 * (largestGradient.get(gradientNetwork(key) ?? "") ?? 0);
    return {
      key,
      deviation: relativeDeviation(recorded, replayed, floor),
      limit: limitOf(key, precision),
    };
  });
}

/** What a deviation under a key may be; null where it is reported and not judged. */
export function limitOf(key: string, precision: "f32" | "f64"): number | null {
  if (key.startsWith("final/")) {
    return precision === "f64" && !isBiasBeforeNorm(key) ? 1e-6 : null;
  }
  if (precision === "f64") return 1e-8;
  if (key.startsWith("step1/loss/")) return 1e-5;
  return gradientNetwork(key) === undefined ? null : 1e-2;
}

/** The network that a gradient belongs to: `step1/grad/FeatExtor`, `step1/inner_grad0`. */
function gradientNetwork(key: string): string | undefined {
  return key.match(/^step1\/(grad\/[^/]+|inner_grad\d+)/)?.[0];
}

function isBiasBeforeNorm(key: string): boolean {
  return /\.(conv\d+|conv\.\d+|downconv\.\d+)\.bias$|\/conv\.\d+\.bias$/.test(key) &&
    !isNorm(key);
}

/** Batch-norms stand at places 1, 4, 7 of a sequence, or are called bn. */
function isNorm(key: string): boolean {
  const place = key.match(/\.(\d+)\.bias$/);
  return key.includes(".bn") || (place !== null && Number(place[1]) % 3 === 1);
}

function relativeDeviation(
  recorded: Float64Array,
  replayed: ArrayLike<number>,
  floor: number,
): number {
  if (recorded.length !== replayed.length) return Infinity;
  const scale = Math.max(largest(recorded), floor);
  const deviation = recorded.reduce(
    (worst, value, i) => larger(worst, Math.abs(value - replayed[i])),
    0,
  );
  return deviation === 0 ? 0 : deviation / scale;
}

function largest(values: Float64Array): number {
  return values.reduce((worst, value) => Math.max(worst, Math.abs(value)), 0);
}

/** The larger of two numbers; NaN counts as infinite, so that it is never passed over. */
function larger(a: number, b: number): number {
  return Number.isNaN(b) ? Infinity : Math.max(a, b);
}
