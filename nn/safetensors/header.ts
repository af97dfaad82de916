/**
 * The JSON header of a safetensors file, read strictly: only what the format allows is grammar here,
 * so that names that stand twice, deep nesting or numbers that are no offsets cannot slip through as
 * they do through `JSON.parse`.
 *
 * @module
 */

/** What the header says of one tensor. */
export interface HeaderEntry {
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Where its bytes begin and end, counted from the header's end. */
  readonly offsets: readonly [number, number];
}

/** A parsed header; maps, because names may be anything, `__proto__` included. */
export interface Header {
  readonly tensors: ReadonlyMap<string, HeaderEntry>;
  readonly metadata: ReadonlyMap<string, string>;
}

/** The header's entry that is no tensor. */
export const METADATA = "__metadata__";

/**
 * Parses a header.
 *
 * @throws {SyntaxError} that says where and what, if it breaks the format's rules.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { parseHeader } from "./header.ts";
 *
 * const { tensors } = parseHeader('{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}  ');
 * deepEqual(tensors.get("w"), { dtype: "F32", shape: [2], offsets: [0, 8] });
 * ```
 */
export function parseHeader(text: string): Header {
  return new HeaderParser(text).header();
}

class HeaderParser {
  #at = 0;

  constructor(readonly text: string) {}

  header(): Header {
    const tensors = new Map<string, HeaderEntry>();
    const metadata = new Map<string, string>();
    if (!this.text.startsWith("{")) throw this.#error('wanted "{" first');
    this.#members((name) => {
      if (name === METADATA) {
        this.#members((key) => metadata.set(key, this.#string()));
      } else {
        tensors.set(name, this.#entry(name));
      }
    });
    while (this.text[this.#at] === " ") this.#at++;
    if (this.#at < this.text.length) throw this.#error("wanted nothing but spaces after the end");
    return { tensors, metadata };
  }

  #entry(tensor: string): HeaderEntry {
    let dtype: string | undefined;
    let shape: number[] | undefined;
    let offsets: number[] | undefined;
    this.#members((field) => {
      if (field === "dtype") dtype = this.#string();
      else if (field === "shape") shape = this.#counts();
      else if (field === "data_offsets") offsets = this.#counts();
      else throw this.#error(`tensor ${quote(tensor)} has an unknown field ${quote(field)}`);
    });
    if (dtype === undefined || shape === undefined || offsets?.length !== 2) {
      throw this.#error(
        `tensor ${quote(tensor)} must have a dtype, a shape and two data_offsets`,
      );
    }
    return { dtype, shape, offsets: [offsets[0], offsets[1]] };
  }

  #members(readValue: (name: string) => void): void {
    const seen = new Set<string>();
    this.#take("{");
    if (this.#takeIf("}")) return;
    do {
      const name = this.#string();
      if (seen.has(name)) throw this.#error(`${quote(name)} stands there twice`);
      seen.add(name);
      this.#take(":");
      readValue(name);
    } while (this.#takeIf(","));
    this.#take("}");
  }

  #counts(): number[] {
    const counts: number[] = [];
    this.#take("[");
    if (this.#takeIf("]")) return counts;
    do counts.push(this.#count()); while (this.#takeIf(","));
    this.#take("]");
    return counts;
  }

  #count(): number {
    this.#skipSpace();
    const digits = /(?:0|[1-9]\d{0,16})/y;
    digits.lastIndex = this.#at;
    const value = Number(digits.exec(this.text)?.[0] ?? NaN);
    if (!Number.isSafeInteger(value)) {
      throw this.#error("wanted a whole number from 0 to 2^53 - 1");
    }
    this.#at = digits.lastIndex;
    return value;
  }

  #string(): string {
    this.#skipSpace();
    const start = this.#at;
    if (this.text[start] !== '"') throw this.#error("wanted a name or string in quotes");
    this.#at++;
    while (this.#at < this.text.length && this.text[this.#at] !== '"') {
      this.#at += this.text[this.#at] === "\\" ? 2 : 1;
    }
    this.#at++;
    try {
      return JSON.parse(this.text.slice(start, this.#at));
    } catch {
      this.#at = start;
      throw this.#error("wanted a JSON string");
    }
  }

  #take(character: string): void {
    if (!this.#takeIf(character)) throw this.#error(`wanted ${quote(character)}`);
  }

  #takeIf(character: string): boolean {
    this.#skipSpace();
    const found = this.text[this.#at] === character;
    if (found) this.#at++;
    return found;
  }

  #skipSpace(): void {
    while (" \t\n\r".includes(this.text[this.#at] ?? "end")) this.#at++;
  }

  #error(problem: string): SyntaxError {
    const got = this.#at < this.text.length
      ? quote(this.text.slice(this.#at, this.#at + 12))
      : "the end";
    return new SyntaxError(`${problem}, at character ${this.#at} of its header, before ${got}`);
  }
}

/** A name as it is shown in an error: its start, with control characters escaped. */
export function quote(name: string): string {
  return JSON.stringify(name.length > 100 ? `${name.slice(0, 100)}…` : name);
}
