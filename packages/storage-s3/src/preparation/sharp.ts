import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type Sharp from "sharp";

let loaded: typeof Sharp | undefined;

/**
 * The image library, which Ghost brings along. An adapter in `content/adapters` cannot reach Ghost's dependencies by
 * its own path, so it is looked for from Ghost's entry point as well.
 * @see https://sharp.pixelplumbing.com
 */
export function loadSharp(): typeof Sharp | undefined {
  if (loaded) return loaded;
  const places = [
    import.meta.filename,
    process.argv[1],
    join(process.cwd(), "index.js"),
    join(process.cwd(), "current", "index.js"),
  ];
  for (const from of places) {
    loaded = from ? requireSharp(from) : undefined;
    if (loaded) break;
  }
  return loaded;
}

function requireSharp(from: string): typeof Sharp | undefined {
  try {
    const sharp: typeof Sharp = createRequire(join(dirname(from), "index.js"))("sharp");
    // One thread an image, as Ghost has it: uploads must not take the processor from readers.
    sharp.concurrency(1);
    return sharp;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "MODULE_NOT_FOUND" || code === "ERR_DLOPEN_FAILED") return undefined;
    throw error;
  }
}
