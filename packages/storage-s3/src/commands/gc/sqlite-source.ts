import { existsSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import type { DatabaseSync } from "node:sqlite";
import { UsageError } from "../usage-error.ts";
import type { References } from "./references.ts";
import type { TextSource } from "./text-source.ts";

/** Rows between two breaths: SQLite reads without giving anybody else a turn. */
const BATCH = 1000;

/** All text of an SQLite database, whatever its tables are called. */
export class SqliteSource implements TextSource {
  readonly name: string;
  readonly isBlog = true;
  readonly #path: string;

  constructor(path: string) {
    if (!existsSync(path)) {
      throw new UsageError(
        `There is no SQLite database ${path}. Nothing was deleted.`,
        "Correct database.connection.filename; a relative path counts from the folder of the configuration.",
      );
    }
    this.name = `SQLite database ${path}`;
    this.#path = path;
  }

  async scan(references: References, seen: (texts: number) => void): Promise<void> {
    const { DatabaseSync: Database } = await import("node:sqlite");
    try {
      const database = new Database(this.#path, { readOnly: true });
      try {
        // One moment for all tables: a post must not slip through between two of them.
        database.exec("BEGIN");
        for (const { table, columns } of tablesOf(database))
          await scanTable(database, table, columns, references, seen);
      } finally {
        database.close();
      }
    } catch (error) {
      throw new Error(`The ${this.name} was not read to its end: ${(error as Error).message}. Nothing was deleted.`, {
        cause: error,
      });
    }
  }
}

function tablesOf(database: DatabaseSync): { table: string; columns: string[] }[] {
  const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all() as { name: string }[];
  return tables.map(({ name: table }) => {
    // The declared type says little in SQLite: every column may hold text.
    const columns = database.prepare(`PRAGMA table_info(${quote(table)})`).all() as { name: string }[];
    return { table, columns: columns.map(({ name }) => name) };
  });
}

async function scanTable(
  database: DatabaseSync,
  table: string,
  columns: readonly string[],
  references: References,
  seen: (texts: number) => void,
): Promise<void> {
  const select = database.prepare(`SELECT ${columns.map(quote).join(", ")} FROM ${quote(table)}`);
  select.setReadBigInts(true);
  let rows = 0;
  for (const row of select.iterate()) {
    for (const value of Object.values(row as Record<string, unknown>)) {
      if (typeof value === "string") references.read(value);
      else if (value instanceof Uint8Array) references.read(Buffer.from(value).toString("utf8"));
    }
    rows += 1;
    if (rows % BATCH !== 0) continue;
    seen(BATCH);
    await setImmediate();
  }
  seen(rows % BATCH);
}

const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;
