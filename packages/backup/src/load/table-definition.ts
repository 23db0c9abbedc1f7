/** A CREATE TABLE in two halves: what rows need, and what is faster to make when they are there. */
export interface TableHalves {
  readonly create: string;
  /** Statements for afterwards, in this order; none when nothing was taken out. */
  readonly alter: readonly string[];
}

const KEY = /^ {2}(?:UNIQUE |SPATIAL )?KEY `/;
const FULLTEXT = /^ {2}FULLTEXT KEY `/;
const FOREIGN = /^ {2}CONSTRAINT `(?:[^`]|``)+` FOREIGN KEY /;
const PRIMARY = /^ {2}PRIMARY KEY /;
const UNIQUE = /^ {2}UNIQUE KEY `/;
const AUTO_INCREMENT = /^ {2}(`(?:[^`]|``)+`) [^']*\bAUTO_INCREMENT\b/;
const TABLE = /^CREATE TABLE (`(?:[^`]|``)+`) \(\n/;

/**
 * Takes secondary indexes and foreign keys out of what SHOW CREATE TABLE writes, a line each: InnoDB sorts a whole
 * index faster than it inserts into it row by row. What decides how rows lie stays: the primary key, unique keys
 * where there is none, and the index that AUTO_INCREMENT needs.
 */
export function halve(statement: string): TableHalves {
  const whole = { create: statement, alter: [] };
  const [, table] = TABLE.exec(statement) ?? [];
  const end = statement.lastIndexOf("\n)");
  if (!table || end === -1) return whole;
  const start = statement.indexOf("\n") + 1;
  const lines = statement
    .slice(start, end)
    .split("\n")
    .map((line) => line.replace(/,$/, ""));
  const stays = keeper(lines);
  const isLater = (line: string): boolean =>
    (KEY.test(line) || FULLTEXT.test(line) || FOREIGN.test(line)) && !stays(line);
  const later = lines.filter(isLater);
  if (later.length === 0) return whole;
  const create = `${statement.slice(0, start)}${lines.filter((line) => !isLater(line)).join(",\n")}${statement.slice(end)}`;
  return { create, alter: alterations(table, later) };
}

function keeper(lines: readonly string[]): (line: string) => boolean {
  const hasPrimary = lines.some((line) => PRIMARY.test(line));
  const counted = lines.map((line) => AUTO_INCREMENT.exec(line)?.[1]).find(Boolean);
  const primary = lines.find((line) => PRIMARY.test(line)) ?? "";
  const needsKey = counted !== undefined && !primary.startsWith(`  PRIMARY KEY (${counted}`);
  return (line) => (!hasPrimary && UNIQUE.test(line)) || (needsKey && line.includes(`(${counted}`));
}

/** InnoDB makes one full-text index at a time; a foreign key wants its index to be there. */
function alterations(table: string, lines: readonly string[]): string[] {
  const add = (some: readonly string[]): string =>
    `ALTER TABLE ${table} ${some.map((line) => `ADD ${line.trim()}`).join(", ")}`;
  const keys = lines.filter((line) => KEY.test(line));
  const foreign = lines.filter((line) => FOREIGN.test(line));
  return [
    ...(keys.length > 0 ? [add(keys)] : []),
    ...lines.filter((line) => FULLTEXT.test(line)).map((line) => add([line])),
    ...(foreign.length > 0 ? [add(foreign)] : []),
  ];
}
