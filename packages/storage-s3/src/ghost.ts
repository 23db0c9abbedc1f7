import { createRequire } from "node:module";
import { join } from "node:path";

/** Places from which Ghost's own modules can be found; an adapter in `content/adapters` cannot reach them by its path. */
const entries = (): string[] =>
  [process.argv[1], join(process.cwd(), "index.js"), join(process.cwd(), "current", "index.js")].filter(
    (entry) => entry !== undefined,
  );

/** A package that Ghost brings along; undefined where there is no Ghost, or none that has it. */
export function requireFromGhost(id: string): unknown {
  for (const entry of entries()) {
    try {
      return createRequire(entry)(id);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== "MODULE_NOT_FOUND" && code !== "ERR_DLOPEN_FAILED") throw error;
    }
  }
  return undefined;
}

/**
 * The blog's URL as Ghost has it, from whichever file or variable; undefined outside of a running Ghost. Its
 * configuration is only looked at, never loaded.
 */
export function ghostUrl(): string | undefined {
  for (const entry of entries()) {
    const { resolve, cache } = createRequire(entry);
    try {
      const loaded = cache[resolve("./core/shared/config")]?.exports as { get(key: string): unknown } | undefined;
      const url = loaded?.get("url");
      if (typeof url === "string" && URL.canParse(url)) return url.replace(/\/+$/, "");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND") throw error;
    }
  }
  return undefined;
}
