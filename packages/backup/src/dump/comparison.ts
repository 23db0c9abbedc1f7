import type { Contents } from "./contents.ts";

/** Enough for a person to see what kind of trouble it is. */
const SHOWN = 20;

type Comparable = Pick<Contents, "tables" | "definitions">;

/** Every difference between what was dumped and what a server holds after loading it; none when they are equal. */
export function differences(dumped: Comparable, loaded: Comparable): string[] {
  return [...tableDifferences(dumped, loaded), ...definitionDifferences(dumped, loaded)];
}

function tableDifferences(dumped: Comparable, loaded: Comparable): string[] {
  const there = new Map(loaded.tables.map((table) => [table.name, table]));
  return dumped.tables.flatMap(({ name, rows, checksum }) => {
    const table = there.get(name);
    // its definition is missing as well, and said to be
    if (!table) return [];
    if (table.rows !== rows) return [`table ${name} has ${table.rows} rows instead of ${rows}`];
    return table.checksum === checksum ? [] : [`table ${name} has ${rows} rows, but not the same`];
  });
}

const id = ({ kind, name }: { kind: string; name: string }): string => `${kind} ${name}`;

function definitionDifferences(dumped: Comparable, loaded: Comparable): string[] {
  const before = new Map(dumped.definitions.map((one) => [id(one), one.sha256]));
  const after = new Map(loaded.definitions.map((one) => [id(one), one.sha256]));
  const missing = [...before.keys()].filter((one) => !after.has(one)).map((one) => `${one} is missing`);
  const changed = [...before].filter(([one, sha256]) => after.has(one) && after.get(one) !== sha256);
  const extra = [...after.keys()].filter((one) => !before.has(one)).map((one) => `${one} is there in addition`);
  return [...missing, ...changed.map(([one]) => `${one} is defined otherwise`), ...extra];
}

/** The first of them, one a line. */
export function listed(found: readonly string[]): string {
  const lines = found.slice(0, SHOWN).map((line) => `  - ${line}`);
  if (found.length > SHOWN) lines.push(`  - and ${found.length - SHOWN} more`);
  return lines.join("\n");
}
