/** What belongs to MySQL itself, and is made anew by every server. */
const OWN: ReadonlySet<string> = new Set(["information_schema", "mysql", "performance_schema", "sys"]);

/**
 * The databases that names and patterns mean, in the server's order.
 * @returns also the patterns that met nothing: a database that is gone must not go unnoticed
 */
export function chooseDatabases(
  existing: readonly string[],
  patterns: readonly string[],
): { chosen: string[]; unmet: string[] } {
  const wanted = patterns.filter((pattern) => !pattern.startsWith("!"));
  const excluded = patterns.filter((pattern) => pattern.startsWith("!")).map((pattern) => pattern.slice(1));
  const candidates = existing.filter((name) => !OWN.has(name.toLowerCase()));
  const chosen = candidates.filter(
    (name) =>
      (wanted.length === 0 || wanted.some((pattern) => matches(name, pattern))) &&
      !excluded.some((pattern) => matches(name, pattern)),
  );
  const unmet = wanted.filter((pattern) => !candidates.some((name) => matches(name, pattern)));
  return { chosen, unmet };
}

function matches(name: string, pattern: string): boolean {
  if (name === pattern) return true;
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, "su").test(name);
}
