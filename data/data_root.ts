/**
 * The folder that a dataset lives in, and reading that never leaves it.
 *
 * A list file or a manifest may come from anywhere, so no path in one is trusted: it is checked as
 * text when it is read, and again as a real path, symbolic links resolved, when the file is opened.
 *
 * @module
 */

import { isAbsolute, join, posix, relative, sep } from "node:path";
import { messageOf } from "./fault.ts";

/** A dataset's folder. */
export interface DataRoot {
  /** As the user named it. */
  readonly path: string;
  /** Absolute, without symbolic links. */
  readonly realPath: string;
}

/** The largest file that is read as an image, a list or a manifest, in bytes. */
export const MAX_FILE_BYTES = 256 * 2 ** 20;

/**
 * Opens a dataset's folder.
 *
 * @throws {Error} if there is no such folder.
 */
export async function openDataRoot(path: string): Promise<DataRoot> {
  try {
    const realPath = await Deno.realPath(path);
    if ((await Deno.stat(realPath)).isDirectory) return { path, realPath };
  } catch (error) {
    throw new Error(`Cannot open the data folder ${path}: ${reasonOf(error)}`, { cause: error });
  }
  throw new Error(`Cannot open the data folder ${path}: it is not a folder`);
}

/**
 * The path in its plainest form (`./a//b.jpg` is `a/b.jpg`), if it is one that stays where it is.
 *
 * @param where what is being read, with its line, for the message.
 * @throws {Error} if the path is absolute, climbs with `..`, names a folder, or holds a backslash
 * or a control character.
 */
export function checkedPath(path: string, where: string): string {
  const fault = pathFault(path);
  if (fault !== undefined) {
    throw new Error(`Cannot read ${where}: the path ${quoted(path)} ${fault}`);
  }
  return posix.normalize(path);
}

function pathFault(path: string): string | undefined {
  if (path === "") return "is empty; it must name a file relative to the domain's folder";
  if (/\p{Cc}/u.test(path)) return "holds a control character";
  if (path.includes("\\")) return "holds a backslash; separate folders with /";
  if (path.startsWith("/") || /^[A-Za-z]:/.test(path)) {
    return "is absolute; it must be relative to the domain's folder";
  }
  if (path.split("/").includes("..")) return "climbs with ..; it must stay in the domain's folder";
  if (path.endsWith("/") || path.endsWith("/.") || path === ".") {
    return "names a folder, not a file";
  }
  return undefined;
}

/** A piece of foreign text, quoted, with control characters escaped, cut to a readable length. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text);
}

/** Path of a file as the user would name it: the folder as given, and the rest. */
export function shownPath(root: DataRoot, path: string): string {
  return join(root.path, path);
}

/** A regular file: its real path and its length in bytes. */
export interface LocatedFile {
  readonly realPath: string;
  readonly size: number;
}

/**
 * Finds a regular file under the root.
 *
 * @throws {Error} if there is none, if it is a folder or a device, or if a symbolic link leads out.
 */
export async function locate(root: DataRoot, path: string): Promise<LocatedFile> {
  const { realPath, info } = await realPathInside(root, path);
  if (!info.isFile) throw cannotRead(root, path, "it is not a regular file");
  if (info.size > MAX_FILE_BYTES) {
    throw cannotRead(
      root,
      path,
      `it has ${info.size} bytes, more than the ${MAX_FILE_BYTES} that are read`,
    );
  }
  return { realPath, size: info.size };
}

/** Whether there is a file of that path under the root; a link that leads out is an error. */
export async function isFileInside(root: DataRoot, path: string): Promise<boolean> {
  try {
    await Deno.lstat(join(root.realPath, path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw cannotRead(root, path, reasonOf(error), error);
  }
  await locate(root, path);
  return true;
}

/**
 * The whole of a file under the root.
 *
 * @throws {Error} as {@link locate} does, or if reading fails.
 */
export async function readInside(root: DataRoot, path: string): Promise<Uint8Array<ArrayBuffer>> {
  const { realPath } = await locate(root, path);
  try {
    return await Deno.readFile(realPath);
  } catch (error) {
    throw cannotRead(root, path, reasonOf(error), error);
  }
}

/** An open file and its length in bytes; whoever opened it closes it. */
export interface OpenFile {
  readonly file: Deno.FsFile;
  readonly size: number;
}

/**
 * Opens a file under the root for reading.
 *
 * @throws {Error} as {@link locate} does, or if opening fails.
 */
export async function openInside(root: DataRoot, path: string): Promise<OpenFile> {
  const { realPath, size } = await locate(root, path);
  try {
    return { file: await Deno.open(realPath), size };
  } catch (error) {
    throw cannotRead(root, path, reasonOf(error), error);
  }
}

/** The UTF-8 text of a file under the root, without a byte order mark. */
export async function readTextInside(root: DataRoot, path: string): Promise<string> {
  const bytes = await readInside(root, path);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw cannotRead(root, path, "it is not UTF-8 text", error);
  }
}

/**
 * The real path of a folder under the root.
 *
 * @throws {Error} if there is none or if a symbolic link leads out.
 */
export async function locateFolder(root: DataRoot, path: string): Promise<string> {
  const { realPath, info } = await realPathInside(root, path);
  if (!info.isDirectory) throw cannotRead(root, path, "it is not a folder");
  return realPath;
}

async function realPathInside(
  root: DataRoot,
  path: string,
): Promise<{ realPath: string; info: Deno.FileInfo }> {
  let realPath: string;
  let info: Deno.FileInfo;
  try {
    realPath = await Deno.realPath(join(root.realPath, path));
    info = await Deno.stat(realPath);
  } catch (error) {
    throw cannotRead(root, path, reasonOf(error), error);
  }
  const inside = relative(root.realPath, realPath);
  if (isAbsolute(inside) || inside === ".." || inside.startsWith(`..${sep}`)) {
    throw cannotRead(
      root,
      path,
      `a symbolic link leads out of ${root.path}, to ${realPath}; put the file itself there`,
    );
  }
  return { realPath, info };
}

function cannotRead(root: DataRoot, path: string, reason: string, cause?: unknown): Error {
  return new Error(`Cannot read ${shownPath(root, path)}: ${reason}`, { cause });
}

/** What went wrong in the file system, in words, without the paths and numbers of the runtime. */
export function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "there is no such file or folder";
  if (error instanceof Deno.errors.PermissionDenied) return "the permission to read it is missing";
  return messageOf(error).split(" (os error")[0];
}
