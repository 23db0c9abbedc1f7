import { createConnection, type Connection, type ConnectionOptions, type RowDataPacket } from "mysql2";
import type { Tree } from "../settings/tree.ts";
import { isTree } from "../settings/tree.ts";
import { UsageError } from "../usage-error.ts";
import type { References } from "./references.ts";
import type { TextSource } from "./text-source.ts";

/** Types that can hold a path. Numbers and dates cannot. */
const TEXT_TYPES =
  "'char','varchar','tinytext','text','mediumtext','longtext','json','enum','set','binary','varbinary','tinyblob','blob','mediumblob','longblob'";

const CONNECT_TIMEOUT_MS = 10_000;

/** Rows that are counted together. */
const BATCH = 1000;

/** All text of a MySQL database, whatever its tables are called. */
export class MysqlSource implements TextSource {
  readonly name: string;
  readonly isBlog = true;
  readonly #options: ConnectionOptions;

  /** @param connection `database.connection` of Ghost's configuration */
  constructor(connection: Tree) {
    const text = (key: string): string | undefined =>
      connection[key] === undefined ? undefined : String(connection[key]);
    const [host, user, password, database, socketPath] = ["host", "user", "password", "database", "socketPath"].map(
      text,
    );
    if (!database) {
      throw new UsageError(
        "The configuration names no MySQL database (database.connection.database). Nothing was deleted.",
        "Give Ghost's own configuration by --config.",
      );
    }
    const { ssl, port } = connection;
    this.name = `MySQL database ${database} on ${socketPath ?? host ?? "localhost"}`;
    this.#options = {
      database,
      connectTimeout: CONNECT_TIMEOUT_MS,
      charset: "utf8mb4",
      // As text, not as objects that would have to be written as text again.
      jsonStrings: true,
      dateStrings: true,
      ...(host && { host }),
      ...(user && { user }),
      ...(password !== undefined && { password }),
      ...(socketPath && { socketPath }),
      ...(port !== undefined && { port: Number(port) }),
      ...((typeof ssl === "string" || isTree(ssl)) && { ssl: ssl as Exclude<ConnectionOptions["ssl"], undefined> }),
    };
  }

  async scan(references: References, seen: (texts: number) => void): Promise<void> {
    const connection = await this.#connect();
    try {
      // One moment for all tables: a post must not slip through between two of them.
      await connection.promise().query("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
      for (const [table, columns] of await textColumns(connection)) {
        await scanTable(connection, table, columns, references, seen);
      }
    } catch (error) {
      throw this.#failed(error as Error, "was not read to its end");
    } finally {
      connection.destroy();
    }
  }

  async #connect(): Promise<Connection> {
    const connection = createConnection(this.#options);
    try {
      await connection.promise().connect();
      return connection;
    } catch (error) {
      connection.destroy();
      throw this.#failed(error as Error, "cannot be reached");
    }
  }

  #failed(error: Error, what: string): Error {
    return new Error(`The ${this.name} ${what}: ${error.message}. Nothing was deleted.`, { cause: error });
  }
}

async function textColumns(connection: Connection): Promise<Map<string, string[]>> {
  const [rows] = await connection.promise().query<RowDataPacket[]>(
    `SELECT c.table_name AS tableName, c.column_name AS columnName
     FROM information_schema.columns c
     JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name
     WHERE c.table_schema = DATABASE() AND t.table_type = 'BASE TABLE' AND LOWER(c.data_type) IN (${TEXT_TYPES})
     ORDER BY c.table_name, c.ordinal_position`,
  );
  const tables = new Map<string, string[]>();
  for (const { tableName, columnName } of rows as { tableName: string; columnName: string }[]) {
    tables.set(tableName, [...(tables.get(tableName) ?? []), columnName]);
  }
  return tables;
}

/** Row by row: the posts of a blog do not fit into memory. */
async function scanTable(
  connection: Connection,
  table: string,
  columns: readonly string[],
  references: References,
  seen: (texts: number) => void,
): Promise<void> {
  const quoted = columns.map((column) => `\`${column.replaceAll("`", "``")}\``).join(", ");
  const sql = `SELECT ${quoted} FROM \`${table.replaceAll("`", "``")}\``;
  let rows = 0;
  for await (const row of connection.query({ sql, rowsAsArray: true }).stream({ highWaterMark: BATCH })) {
    for (const value of row as unknown[]) {
      if (typeof value === "string") references.read(value);
      else if (Buffer.isBuffer(value)) references.read(value.toString("utf8"));
    }
    rows += 1;
    if (rows % BATCH === 0) seen(BATCH);
  }
  seen(rows % BATCH);
}
