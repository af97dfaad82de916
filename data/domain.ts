/**
 * A domain: a folder `ROOT/<DOMAIN>` with list files, images, depth maps and maybe a manifest.
 *
 * ```
 * ROOT/<DOMAIN>/image_list_{real,fake,all}.txt      lines: path-relative-to-DOMAIN label
 * ROOT/<DOMAIN>/…/<name>.jpg                        face crops
 * ROOT/<DOMAIN>/depth/…/<name>_depth.jpg            for each live image, same folders
 * ROOT/<DOMAIN>/depth/fake_depth.jpg                all zero, for every spoof
 * ROOT/<DOMAIN>/manifest.csv                        optional: image,subject,video,attack,split
 * ```
 *
 * Training reads the `real` and `fake` lists, scoring reads `all`, in its order.
 *
 * @module
 */

import { posix } from "node:path";
import { type DataRoot, isFileInside, locateFolder, quoted, shownPath } from "./data_root.ts";
import { messageOf, type OnFault, raise } from "./fault.ts";
import { type Label, listFilePath, type ListName, readListFile } from "./list_file.ts";
import { type ImageFacts, type Manifest, readManifest } from "./manifest.ts";

/** One image of a domain, as a list file names it. */
export interface Sample extends ImageFacts {
  /** The domain's name. */
  readonly domain: string;
  /** Path relative to the domain's folder. */
  readonly image: string;
  /** 1 for a live face, 0 for a spoof. */
  readonly label: Label;
  /** The list file, as a path that the user knows. */
  readonly listFile: string;
  /** The line in it, counted from 1. */
  readonly line: number;
}

/** An opened domain: its name and its manifest; the lists are read when asked for. */
export interface Domain {
  /** The data folder. */
  readonly root: DataRoot;
  /** The name of the domain's folder in it. */
  readonly name: string;
  /** Empty if there is none. */
  readonly manifest: Manifest;
}

/**
 * Opens `ROOT/<name>` and reads its manifest.
 *
 * @throws {Error} if there is no such folder, naming the domains that there are, or if the manifest
 * is faulty.
 */
export async function openDomain(root: DataRoot, name: string): Promise<Domain> {
  if (!/^[^/\\\p{Cc}]+$/u.test(name) || name === "." || name === "..") {
    throw new Error(`Cannot open domain ${quoted(name)}: it must be the name of one folder`);
  }
  try {
    await locateFolder(root, name);
  } catch (error) {
    const known = (await listDomains(root)).join(", ") || "none";
    throw new Error(
      `Cannot open domain ${name}: ${messageOf(error)}; domains in ${root.path}: ${known}`,
      { cause: error },
    );
  }
  return { root, name, manifest: await readManifest(root, name) };
}

/** The names of the folders that hold list files, sorted. */
export async function listDomains(root: DataRoot): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(root.realPath)) {
    const hasList = async (list: ListName) => {
      try {
        return await isFileInside(root, listFilePath(name, list));
      } catch {
        return false;
      }
    };
    if (await hasList("all") || (await hasList("real") && await hasList("fake"))) names.push(name);
  }
  return names.sort();
}

/**
 * Reads one of a domain's lists, and what its manifest knows of each image.
 *
 * @param onFault as for {@link readListFile}; an image that stands there with both labels is a
 * fault, too.
 * @throws {Error} that names the file and the line, as {@link readListFile} does; also if the list
 * is empty.
 */
export async function readSamples(
  domain: Domain,
  list: ListName,
  onFault: OnFault = raise,
): Promise<Sample[]> {
  const listFile = shownPath(domain.root, listFilePath(domain.name, list));
  const samples: Sample[] = [];
  const firstOfPath = new Map<string, Sample>();
  let faults = 0;
  const countFault: OnFault = (fault) => {
    faults++;
    onFault(fault);
  };
  for await (
    const { path, label, line } of readListFile(domain.root, domain.name, list, countFault)
  ) {
    const facts = domain.manifest.get(path);
    const sample = { ...facts, domain: domain.name, image: path, label, listFile, line };
    const first = firstOfPath.get(path) ?? sample;
    firstOfPath.set(path, first);
    if (first.label === label) samples.push(sample);
    else countFault(contradiction(first, sample));
  }
  if (samples.length === 0 && faults === 0) {
    throw new Error(`Cannot read ${listFile}: it names no image; each line is "path label"`);
  }
  return samples;
}

function contradiction(first: Sample, second: Sample): Error {
  return new Error(
    `Cannot read ${placeOf(second)}: ${quoted(second.image)} has label ${second.label} here ` +
      `and ${first.label} in line ${first.line}`,
  );
}

/** Path of a sample's image, relative to the data folder. */
export function imagePath(sample: Sample): string {
  return `${sample.domain}/${sample.image}`;
}

/**
 * Path of a sample's depth map, relative to the data folder: its own for a live image, the
 * domain's zero map for a spoof.
 *
 * @example
 * ```ts
 * import { equal } from "node:assert/strict";
 * import { depthPath } from "./domain.ts";
 *
 * const list = { domain: "MSU", listFile: "MSU/image_list_all.txt", line: 1 };
 * equal(depthPath({ ...list, image: "7/a.png", label: 1 }), "MSU/depth/7/a_depth.jpg");
 * equal(depthPath({ ...list, image: "7/b.png", label: 0 }), "MSU/depth/fake_depth.jpg");
 * ```
 */
export function depthPath(sample: Sample): string {
  if (sample.label === 0) return `${sample.domain}/depth/fake_depth.jpg`;
  const { dir, name } = posix.parse(sample.image);
  return posix.join(sample.domain, "depth", dir, `${name}_depth.jpg`);
}

/** Where a sample stands, for messages: its list file and line. */
export function placeOf(sample: Sample): string {
  return `${sample.listFile} line ${sample.line}`;
}
