/**
 * Chromium without a window, whose GPU is a program.
 *
 * @module
 */

import { tempFolder } from "./temp_folder.ts";

const FLAGS = [
  "--headless=new",
  "--no-first-run",
  // Root, who runs tests in a container, may not start it otherwise.
  "--no-sandbox",
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
];

/** A page that says nothing for so long has failed. */
const PATIENCE_MILLISECONDS = 120_000;

/** Whether there is a Chromium. */
export async function hasChromium(): Promise<boolean> {
  try {
    const { success } = await chromium("--version").output();
    return success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/**
 * Shows a page until it is done.
 *
 * @throws {Error} with what Chromium said, if it ends or the page takes too long.
 */
export async function visit<T>(address: string, done: Promise<T>): Promise<T> {
  await using profile = await tempFolder();
  const browser = chromium(...FLAGS, `--user-data-dir=${profile.path}`, address).spawn();
  const said = new Response(browser.stderr).text();
  const timeout = setTimeout(() => browser.kill(), PATIENCE_MILLISECONDS);
  const end = browser.status.then(() => undefined);
  const result = await Promise.race([done.then((value) => ({ value })), end]);
  clearTimeout(timeout);
  if (result !== undefined) browser.kill();
  await end;
  if (result === undefined) {
    throw new Error(`Chromium ended before ${address} was done, and had said: ${await said}`);
  }
  await said;
  return result.value;
}

function chromium(...args: string[]): Deno.Command {
  return new Deno.Command("chromium", { args, stdout: "null", stderr: "piped" });
}
