import { createRequire } from "node:module";
import type Sharp from "sharp";
import { requireFromGhost } from "../ghost.ts";

let loaded: typeof Sharp | undefined;

/**
 * The image library: one that is installed beside the adapter, or the one that Ghost brings along.
 * @see https://sharp.pixelplumbing.com
 */
export function loadSharp(): typeof Sharp | undefined {
  if (!loaded) {
    loaded = besideAdapter() ?? (requireFromGhost("sharp") as typeof Sharp | undefined);
    // One thread an image, as Ghost has it: uploads must not take the processor from readers.
    loaded?.concurrency(1);
  }
  return loaded;
}

function besideAdapter(): typeof Sharp | undefined {
  try {
    return createRequire(import.meta.filename)("sharp") as typeof Sharp;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "MODULE_NOT_FOUND" || code === "ERR_DLOPEN_FAILED") return undefined;
    throw error;
  }
}
