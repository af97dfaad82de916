/**
 * A domain's `manifest.csv`: who and what each image shows, where that is known.
 *
 * Columns `image,subject,video,attack,split`, in any order; only `image` must be there, others are
 * skipped. An empty cell is an unknown. Rows for images that no list holds do no harm.
 *
 * @module
 */

import { type CsvRecord, parseCsv } from "./csv.ts";
import {
  checkedPath,
  type DataRoot,
  isFileInside,
  quoted,
  readTextInside,
  shownPath,
} from "./data_root.ts";

/**
 * What an image is for: `train` is learnt from, `dev` is the held-out part (model selection,
 * thresholds), `test` is neither learnt from nor looked at while training.
 */
export type Split = "train" | "dev" | "test";

const SPLITS: readonly Split[] = ["train", "dev", "test"];

/** What is known of an image. */
export interface ImageFacts {
  /** Whose face, unique in the domain. */
  readonly subject?: string;
  /** Which video the image is a frame of. */
  readonly video?: string;
  /** The kind of spoof, such as `print`. */
  readonly attack?: string;
  /** What the image is for. */
  readonly split?: Split;
}

/** A manifest's rows by image path, relative to the domain's folder. */
export type Manifest = ReadonlyMap<string, ImageFacts>;

/**
 * Reads a domain's manifest; a domain without one has an empty manifest.
 *
 * @throws {Error} that names the file and the line, if the column `image` is missing, a column or
 * an image stands twice, a row is short or long, a split is unknown or a path leaves the domain.
 */
export async function readManifest(root: DataRoot, domain: string): Promise<Manifest> {
  const file = `${domain}/manifest.csv`;
  if (!await isFileInside(root, file)) return new Map();
  return parseManifest(await readTextInside(root, file), shownPath(root, file));
}

/**
 * Reads the text of a manifest.
 *
 * @param name the file's name, for messages.
 * @throws {Error} as {@link readManifest} does.
 */
export function parseManifest(text: string, name: string): Manifest {
  const [header, ...records] = parseCsv(text, name);
  const columns = columnsOf(header, name);
  const manifest = new Map<string, ImageFacts>();
  const firstLines = new Map<string, number>();
  for (const { line, fields } of records) {
    const where = `${name} line ${line}`;
    if (fields.length !== header.fields.length) {
      throw new Error(
        `Cannot read ${where}: the header has ${header.fields.length} columns, ` +
          `this row has ${fields.length}`,
      );
    }
    const cell = (column: Column): string | undefined =>
      fields[columns.get(column) ?? -1] || undefined;
    const image = checkedPath(cell("image") ?? "", where);
    const firstLine = firstLines.get(image);
    if (firstLine !== undefined) {
      throw new Error(`Cannot read ${where}: ${quoted(image)} already stands in line ${firstLine}`);
    }
    firstLines.set(image, line);
    manifest.set(image, {
      subject: cell("subject"),
      video: cell("video"),
      attack: cell("attack"),
      split: parseSplit(cell("split"), where),
    });
  }
  return manifest;
}

const COLUMNS = ["image", "subject", "video", "attack", "split"] as const;
type Column = typeof COLUMNS[number];

function columnsOf(header: CsvRecord | undefined, name: string): Map<Column, number> {
  const columns = new Map<Column, number>();
  for (const column of COLUMNS) {
    const index = header?.fields.indexOf(column) ?? -1;
    if (index === -1) continue;
    if (header?.fields.includes(column, index + 1)) {
      throw new Error(`Cannot read ${name} line ${header.line}: the column ${column} stands twice`);
    }
    columns.set(column, index);
  }
  if (!columns.has("image")) {
    throw new Error(
      `Cannot read ${name}: its first line must name the columns, image among them ` +
        `(${COLUMNS.join(",")}), got ${quoted(header?.fields.join(",") ?? "")}`,
    );
  }
  return columns;
}

function parseSplit(cell: string | undefined, where: string): Split | undefined {
  if (cell === undefined) return undefined;
  const split = SPLITS.find((each) => each === cell);
  if (split === undefined) {
    throw new Error(
      `Cannot read ${where}: the split must be ${SPLITS.join(", ")} or empty, got ${quoted(cell)}`,
    );
  }
  return split;
}
