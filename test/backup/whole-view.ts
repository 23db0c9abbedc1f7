import { createHash } from "node:crypto";
import type { Connection } from "mysql2/promise";
import type { Row, Server } from "./mysql.ts";

const quote = (name: string): string => `\`${name.replaceAll("`", "``")}\``;

/**
 * Everything of a database that SQL can tell, found without mysqldump and without the program under test: rows as the
 * client reads them, the server's own checksums, and how everything is defined.
 */
export async function wholeView(server: Server, database: string): Promise<Record<string, unknown>> {
  const connection = await server.connect(database);
  try {
    const view: Record<string, unknown> = {};
    for (const row of await rowsOf(connection, "SHOW FULL TABLES")) {
      const [name, type] = Object.values(row) as [string, string];
      if (type === "VIEW") view[`view ${name}`] = await definition(connection, "VIEW", name, "Create View");
      else view[`table ${name}`] = await tableView(connection, name);
    }
    for (const { Trigger } of await rowsOf(connection, "SHOW TRIGGERS")) {
      view[`trigger ${Trigger}`] = await definition(connection, "TRIGGER", Trigger, "SQL Original Statement");
    }
    for (const { kind, name } of await rowsOf(
      connection,
      "SELECT routine_type AS kind, routine_name AS name FROM information_schema.routines WHERE routine_schema = DATABASE()",
    )) {
      const title = kind === "FUNCTION" ? "Create Function" : "Create Procedure";
      view[`${kind} ${name}`] = await definition(connection, kind, name, title);
    }
    for (const { Name } of await rowsOf(connection, "SHOW EVENTS")) {
      view[`event ${Name}`] = await definition(connection, "EVENT", Name, "Create Event");
    }
    const [schema] = await rowsOf(
      connection,
      "SELECT default_character_set_name AS charset, default_collation_name AS collation FROM information_schema.schemata WHERE schema_name = DATABASE()",
    );
    view["database"] = { ...schema };
    return view;
  } finally {
    connection.destroy();
  }
}

async function tableView(connection: Connection, name: string): Promise<unknown> {
  const create = await definition(connection, "TABLE", name, "Create Table");
  const [checksum] = await rowsOf(connection, `CHECKSUM TABLE ${quote(name)}`);
  // invisible and generated columns are asked for by name
  const columns = await rowsOf(connection, `SHOW FULL COLUMNS FROM ${quote(name)}`);
  const names = columns.map(({ Field }) => `HEX(${quote(Field)})`).join(", ");
  const rows = await rowsOf(connection, `SELECT ${names || "1"} FROM ${quote(name)}`);
  const texts = rows.map((row) => JSON.stringify(Object.values(row))).toSorted();
  const digest = createHash("sha256").update(texts.join("\n")).digest("hex");
  return { create, checksum: checksum?.["Checksum"], rows: rows.length, digest };
}

async function definition(connection: Connection, kind: string, name: string, column: string): Promise<unknown> {
  const [row] = await rowsOf(connection, `SHOW CREATE ${kind} ${quote(name)}`);
  const mode = row?.["sql_mode"];
  return { text: row?.[column], ...(mode !== undefined && { mode, collation: row?.["collation_connection"] }) };
}

async function rowsOf(connection: Connection, sql: string): Promise<Row[]> {
  const [rows] = await connection.query(sql);
  return rows as Row[];
}
