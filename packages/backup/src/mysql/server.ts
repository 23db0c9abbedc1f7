import { EXIT, Failure } from "../failure.ts";
import { ask, quoteName, type Connection } from "./connection.ts";
import { readGrants, type Rights } from "./privileges.ts";

/** What a dump depends on at its server. */
export interface ServerFacts {
  readonly version: string;
  readonly uuid: string;
  readonly binaryLog: boolean;
  readonly lowerCaseTableNames: number;
  readonly rights: Rights;
}

export interface DatabaseFacts {
  readonly name: string;
  readonly charset: string;
  readonly collation: string;
}

export async function readServer(connection: Connection): Promise<ServerFacts> {
  const [row] = await ask<{ version: string; uuid: string; log: number; names: number }>(
    connection,
    "SELECT VERSION() AS version, @@server_uuid AS uuid, @@log_bin AS log, @@lower_case_table_names AS names",
  );
  if (!row) throw new Error("The server did not say its version.");
  const grants = await ask<Record<string, string>>(connection, "SHOW GRANTS");
  return {
    version: row.version,
    uuid: row.uuid,
    binaryLog: row.log === 1,
    lowerCaseTableNames: row.names,
    rights: readGrants(grants.map((line) => Object.values(line)[0] ?? "")),
  };
}

export async function listDatabases(connection: Connection): Promise<string[]> {
  const rows = await ask<{ name: string }>(
    connection,
    "SELECT schema_name AS name FROM information_schema.schemata ORDER BY schema_name",
  );
  return rows.map(({ name }) => name);
}

/** @returns undefined when there is no such database */
export async function readDatabase(connection: Connection, name: string): Promise<DatabaseFacts | undefined> {
  const [row] = await ask<DatabaseFacts>(
    connection,
    `SELECT schema_name AS name, default_character_set_name AS charset, default_collation_name AS collation
     FROM information_schema.schemata WHERE schema_name = ?`,
    [name],
  );
  return row;
}

/** The server's clock: a pod whose clock is a day off must not name its backup by it. */
export async function serverTime(connection: Connection): Promise<Date> {
  const [row] = await ask<{ ms: string | number }>(connection, "SELECT UNIX_TIMESTAMP(NOW(3)) * 1000 AS ms");
  return new Date(Math.floor(Number(row?.ms)));
}

/** Whether there is anything in the database that a restore would meet. */
export async function isEmpty(connection: Connection, name: string): Promise<boolean> {
  const [row] = await ask<{ things: number }>(
    connection,
    `SELECT (SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = ?)
          + (SELECT COUNT(*) FROM information_schema.routines WHERE routine_schema = ?)
          + (SELECT COUNT(*) FROM information_schema.events WHERE event_schema = ?) AS things`,
    [name, name, name],
  );
  return Number(row?.things) === 0;
}

/**
 * A snapshot holds for InnoDB only: rows of other engines change while they are read.
 * @throws {Failure} that names them
 */
export async function requireTransactional(connection: Connection, database: string): Promise<void> {
  const rows = await ask<{ name: string; engine: string }>(
    connection,
    `SELECT table_name AS name, engine AS engine FROM information_schema.tables
     WHERE table_schema = ? AND table_type = 'BASE TABLE' AND engine <> 'InnoDB'`,
    [database],
  );
  if (rows.length === 0) return;
  const named = rows.map(({ name, engine }) => `${name} (${engine})`).join(", ");
  throw new Failure(`"${database}" has tables that no snapshot can be taken of: ${named}.`, {
    effect: "It was not dumped; earlier backups are untouched.",
    next: `Make them InnoDB, as in ALTER TABLE ${quoteName(rows[0]?.name ?? "")} ENGINE=InnoDB, or leave the database out.`,
    exitCode: EXIT.unavailable,
  });
}

/** Columns whose values mysqldump writes with six digits, which is less than they hold. */
export async function inexactColumns(connection: Connection, database: string): Promise<string[]> {
  const rows = await ask<{ name: string }>(
    connection,
    `SELECT CONCAT(table_name, '.', column_name) AS name FROM information_schema.columns
     WHERE table_schema = ? AND data_type = 'float' AND generation_expression = '' ORDER BY 1`,
    [database],
  );
  return rows.map(({ name }) => name);
}
