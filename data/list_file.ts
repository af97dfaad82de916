/**
 * The list files of a domain: `image_list_real.txt`, `image_list_fake.txt`, `image_list_all.txt`.
 *
 * Each line is `path label`: a path relative to the domain's folder, and 1 for a live face or 0 for
 * a spoof. The label is the last word, so that a path may hold spaces; blank lines and spaces at
 * either end are skipped.
 *
 * A path listed again is an image drawn more often, as in the published code; {@link checkDataset}
 * warns of it.
 *
 * @module
 */

import { checkedPath, type DataRoot, quoted, shownPath } from "./data_root.ts";
import { type OnFault, raise } from "./fault.ts";
import { readLines } from "./text_lines.ts";

/** 1 for a live face, 0 for a spoof. */
export type Label = 0 | 1;

/** Which list: the live images, the spoofs, or all of them in the order of scoring. */
export type ListName = "real" | "fake" | "all";

/** One line of a list file. */
export interface ListedImage {
  /** Relative to the domain's folder, folders separated by `/`. */
  readonly path: string;
  /** 1 for a live face, 0 for a spoof. */
  readonly label: Label;
  /** Counted from 1. */
  readonly line: number;
}

/** Path of a domain's list file, relative to the data folder. */
export function listFilePath(domain: string, list: ListName): string {
  return `${domain}/image_list_${list}.txt`;
}

/**
 * Reads a list file line by line.
 *
 * A faulty line is one that is not `path label`, whose label is not 0 or 1 or does not fit the
 * list, or whose path leaves the domain's folder.
 *
 * @param onFault takes the error of a faulty line, which is then skipped; without it, it is thrown.
 * @throws {Error} that names the file and the line, if the file is missing or not UTF-8, or a line
 * is faulty.
 */
export async function* readListFile(
  root: DataRoot,
  domain: string,
  list: ListName,
  onFault: OnFault = raise,
): AsyncGenerator<ListedImage> {
  const file = listFilePath(domain, list);
  const shown = shownPath(root, file);
  for await (const { number, text } of readLines(root, file)) {
    const line = text.replace(/^[ \t]+|[ \t]+$/g, "");
    if (line === "") continue;
    let image: ListedImage;
    try {
      image = parseListLine(line, number, list, `${shown} line ${number}`);
    } catch (fault) {
      onFault(fault);
      continue;
    }
    yield image;
  }
}

function parseListLine(text: string, line: number, list: ListName, where: string): ListedImage {
  const labelStart = Math.max(text.lastIndexOf(" "), text.lastIndexOf("\t")) + 1;
  if (labelStart === 0) {
    throw new Error(`Cannot read ${where}: it must be "path label", got ${quoted(text)}`);
  }
  const label = parseLabel(text.slice(labelStart), where);
  if (list !== "all" && label !== (list === "real" ? 1 : 0)) {
    const wanted = list === "real" ? "live images only, label 1" : "spoofs only, label 0";
    throw new Error(`Cannot read ${where}: image_list_${list}.txt holds ${wanted}, got ${label}`);
  }
  const path = checkedPath(text.slice(0, labelStart).replace(/[ \t]+$/, ""), where);
  return { path, label, line };
}

function parseLabel(word: string, where: string): Label {
  if (word === "0") return 0;
  if (word === "1") return 1;
  throw new Error(`Cannot read ${where}: the label must be 0 or 1, got ${quoted(word)}`);
}
