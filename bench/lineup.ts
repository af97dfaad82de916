/**
 * The programs that stand ready to be measured, ours and the peers, until the end of a run.
 *
 * @module
 */

import { coldPeer, coldSubject, peer, type PeerName, type Setting, subject } from "./programs.ts";
import { reasonOf } from "./protocol.ts";
import { ProcessRunner, type ProgramCommand, type Runner } from "./runner.ts";

/** Our library under one setting. */
export interface SubjectEntry {
  readonly setting: Setting;
  readonly runner: Runner;
}

/** A peer, or why it did not start. */
export type PeerEntry =
  & { readonly peer: PeerName }
  & ({ readonly runner: Runner } | { readonly error: string });

/** Who is measured. */
export interface Contestants {
  readonly subjects: readonly SubjectEntry[];
  readonly peers: readonly PeerEntry[];
}

/** Programs in processes of their own, which end with the line-up. */
export class Lineup implements Contestants, AsyncDisposable {
  readonly subjects: SubjectEntry[] = [];
  readonly peers: PeerEntry[] = [];
  readonly #processes = new AsyncDisposableStack();

  /**
   * Starts all programs. Settings that a device cannot tell apart are one.
   *
   * @throws {Error} if ours does not start.
   */
  static async start(settings: readonly Setting[], peers: readonly PeerName[]): Promise<Lineup> {
    const lineup = new Lineup();
    try {
      for (const setting of settings) await lineup.#enter(setting);
      for (const name of peers) lineup.peers.push(await lineup.#invite(name));
      return lineup;
    } catch (error) {
      await lineup[Symbol.asyncDispose]();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#processes.disposeAsync();
  }

  async #enter(setting: Setting): Promise<void> {
    const runner = this.#processes.use(await ProcessRunner.start(subject(setting)));
    const { threads, mode = "plain" } = runner.hello;
    const isKnown = this.subjects.some(({ setting: known, runner: { hello } }) =>
      known.device === setting.device && hello.threads === threads && hello.mode === mode
    );
    if (!isKnown) this.subjects.push({ setting: { ...setting, threads, mode }, runner });
  }

  async #invite(name: PeerName): Promise<PeerEntry> {
    try {
      return { peer: name, runner: this.#processes.use(await ProcessRunner.start(peer(name))) };
    } catch (error) {
      return { peer: name, error: reasonOf(error) };
    }
  }
}

/** The same programs, each run of which is a whole process that does one small piece of work. */
export function coldLineup({ subjects, peers }: Contestants): Contestants {
  return {
    subjects: subjects.map(({ setting, runner }) => ({
      setting,
      runner: coldRunner(coldSubject(setting), runner),
    })),
    peers: peers.map((entry): PeerEntry => {
      if ("error" in entry) return entry;
      try {
        return { peer: entry.peer, runner: coldRunner(coldPeer(entry.peer), entry.runner) };
      } catch (error) {
        return { peer: entry.peer, error: reasonOf(error) };
      }
    }),
  };
}

function coldRunner({ name, program, args, env }: ProgramCommand, warm: Runner): Runner {
  const command = new Deno.Command(program, { args: [...args], env, stdin: "null" });
  return {
    name,
    hello: warm.hello,
    prepare: () => Promise.resolve(),
    memory: () => Promise.reject(new Error("Cannot ask a program that has ended")),
    async run(times) {
      const began = performance.now();
      for (let i = 0; i < times; i++) {
        const { success, stderr } = await command.output();
        if (!success) throw new Error(reasonOf(new TextDecoder().decode(stderr)));
      }
      return performance.now() - began;
    },
  };
}
