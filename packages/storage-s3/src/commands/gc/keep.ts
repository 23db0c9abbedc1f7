import { escapeRegExp } from "./escape.ts";

/** Objects that the user wants to keep: exact paths, folders, or patterns with `*`, `**` and `?`. */
export class KeepList {
  readonly #patterns: readonly RegExp[];

  constructor(patterns: readonly string[]) {
    this.#patterns = patterns.map(toRegExp);
  }

  /** @param names by which an object may be called: its key, its path below the site and in its feature */
  has(...names: readonly string[]): boolean {
    return this.#patterns.some((pattern) => names.some((name) => pattern.test(name)));
  }
}

function toRegExp(pattern: string): RegExp {
  const clean = pattern.replace(/^\/+/, "");
  const source = clean
    .split(/(\*\*\/?|\*|\?)/)
    .map((piece) => {
      if (piece.startsWith("**")) return piece.endsWith("/") ? "(?:.*/)?" : ".*";
      if (piece === "*") return "[^/]*";
      return piece === "?" ? "[^/]" : escapeRegExp(piece);
    })
    .join("");
  return new RegExp(clean.endsWith("/") ? `^${source}` : `^${source}(?:/.*)?$`);
}
