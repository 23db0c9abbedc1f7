import type { ContentsReader, Contents } from "../dump/contents.ts";
import type { DefinerAccount } from "../dump/definitions.ts";
import type { Account } from "../mysql/account.ts";
import { ask, connect, quoteName, type Connection } from "../mysql/connection.ts";
import { mysqldump } from "../mysql/mysqldump.ts";
import type { DatabaseFacts } from "../mysql/server.ts";
import { Loader } from "./loader.ts";

/** A dump's text, and what is known of it. */
export interface LoadSource {
  readonly text: AsyncIterable<Buffer>;
  readonly tables: readonly { readonly name: string; readonly bytes: number }[];
}

export interface LoadSettings {
  /** Connections for rows. */
  readonly connections: number;
  /** Bytes of a table. */
  readonly deferIndexesFrom: number;
  readonly onRows?: (bytes: number) => void;
  readonly signal: AbortSignal;
}

export async function createDatabase(connection: Connection, facts: DatabaseFacts): Promise<void> {
  const { name, charset, collation } = facts;
  await connection.query(`CREATE DATABASE ${quoteName(name)} CHARACTER SET ${charset} COLLATE ${collation}`);
}

export async function dropDatabase(connection: Connection, name: string): Promise<void> {
  await connection.query(`DROP DATABASE IF EXISTS ${quoteName(name)}`);
}

/** Loads a dump into an empty database of a server. */
export async function load(
  account: Account,
  database: string,
  source: LoadSource,
  { connections: count, deferIndexesFrom, onRows, signal }: LoadSettings,
): Promise<void> {
  const bytes = new Map(source.tables.map((table) => [table.name, table.bytes]));
  const open: Connection[] = [];
  const cut = (): void => open.forEach((connection) => connection.destroy());
  signal.addEventListener("abort", cut, { once: true });
  try {
    for (let number = 0; number <= count; number += 1)
      open.push(await connect(account, { database, charset: "binary" }));
    const [main, ...others] = open as [Connection, ...Connection[]];
    const bytesOf = (table: string): number => bytes.get(table) ?? 0;
    const request = {
      connections: [main, ...others] as const,
      bytesOf,
      deferIndexesFrom,
      signal,
      ...(onRows && { onRows }),
    };
    await new Loader(request).run(source.text);
  } finally {
    signal.removeEventListener("abort", cut);
    cut();
  }
}

/**
 * What a server holds after loading, seen as the dump saw its own server: by the same program, read the same way. The
 * server's own count of each table is asked for as well, so that no mistake in reading dumps can hide a lost row.
 */
export async function readBack(
  account: Account,
  database: string,
  reader: ContentsReader,
  { stallMs, signal }: { readonly stallMs: number; readonly signal: AbortSignal },
): Promise<Contents & { readonly counted: readonly string[] }> {
  for await (const chunk of mysqldump({ account, database, position: false, stallMs, signal })) reader.push(chunk);
  const contents = reader.end();
  const connection = await connect(account, { database });
  const counted: string[] = [];
  try {
    for (const { name, rows } of contents.tables) {
      const [row] = await ask<{ rows: number }>(connection, `SELECT COUNT(*) AS \`rows\` FROM ${quoteName(name)}`);
      if (Number(row?.rows) !== rows)
        counted.push(`table ${name}: the server counts ${row?.rows} rows, the dump ${rows}`);
    }
  } finally {
    connection.destroy();
  }
  return { ...contents, counted };
}

/** Accounts that the dump's views, triggers, routines and events run as, and that the server lacks. */
export async function missingDefiners(
  connection: Connection,
  definers: readonly DefinerAccount[],
): Promise<DefinerAccount[]> {
  const missing: DefinerAccount[] = [];
  for (const definer of definers) {
    const [row] = await ask<{ n: number }>(
      connection,
      "SELECT COUNT(*) AS n FROM mysql.user WHERE User = ? AND Host = ?",
      [definer.user, definer.host],
    );
    if (Number(row?.n) === 0) missing.push(definer);
  }
  return missing;
}

/** Makes accounts that nobody can log in with: views and triggers of an account that does not exist cannot be used. */
export async function createDefiners(
  connection: Connection,
  definers: readonly DefinerAccount[],
  database: string,
): Promise<void> {
  for (const { user, host } of definers) {
    await connection.query("CREATE USER IF NOT EXISTS ?@? IDENTIFIED BY RANDOM PASSWORD ACCOUNT LOCK", [user, host]);
    const pattern = quoteName(database.replaceAll(/[_%\\]/g, "\\$&"));
    await connection.query(`GRANT ALL ON ${pattern}.* TO ?@?`, [user, host]);
  }
}
