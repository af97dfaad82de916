/**
 * `--peers` may stand alone.
 *
 * @module
 */

/** The peer that everyone would use instead. */
const UNLESS_NAMED = "torch";

/** Gives a bare `--peers` its value, which the command line wants. */
export function withNamedPeers(args: readonly string[]): string[] {
  return args.map((arg, i) => {
    const next = args[i + 1];
    const isBare = arg === "--peers" && (next === undefined || next.startsWith("-"));
    return isBare ? `--peers=${UNLESS_NAMED}` : arg;
  });
}
