import { setTimeout as sleep } from "node:timers/promises";
import { MySqlContainer, type StartedMySqlContainer } from "@testcontainers/mysql";
import { createConnection, type ConnectionOptions } from "mysql2/promise";
import { getContainerRuntimeClient } from "testcontainers";
import { freePort } from "./free-port.ts";

const IMAGE = "mysql:9.7";

const ROOT_PASSWORD = "root-SECRET-password";

/**
 * A crash of the server's machine is no part of what is tested, so nothing waits for the disk. The data lie on it all
 * the same: a memory file system would be empty after a restart.
 */
const FLAGS = [
  "--max-connections=300",
  "--innodb-flush-log-at-trx-commit=0",
  "--innodb-doublewrite=OFF",
  "--skip-log-bin",
  "--innodb-buffer-pool-size=512M",
];

/** A server on two busy cores answers again within a few seconds. */
const UP_MS = 60_000;

// What a row holds is known by who asks for it.
export type Row = Record<string, any>;

type Engine = ReturnType<Awaited<ReturnType<typeof getContainerRuntimeClient>>["container"]["getById"]>;

/** Starts a server for the databases of a file of tests. */
export async function startMysql(): Promise<Mysql> {
  const port = await freePort();
  const container = await new MySqlContainer(IMAGE)
    .withRootPassword(ROOT_PASSWORD)
    .withExposedPorts({ container: 3306, host: port })
    .withCommand(FLAGS)
    .start();
  const { container: client } = await getContainerRuntimeClient();
  const mysql = new Mysql(container, client.getById(container.getId()), port);
  await mysql.answers();
  return mysql;
}

export class Mysql {
  readonly host = "127.0.0.1";
  /** The same after every restart. */
  readonly port: number;
  readonly #container: StartedMySqlContainer;
  readonly #engine: Engine;
  #databases = 0;

  constructor(container: StartedMySqlContainer, engine: Engine, port: number) {
    this.#container = container;
    this.#engine = engine;
    this.port = port;
  }

  /** As root. Answers with the rows; a statement that yields none, with none. */
  query(sql: string, params: unknown[] = [], database?: string): Promise<Row[]> {
    const { host, port } = this;
    const login = { host, port, user: "root", password: ROOT_PASSWORD, timezone: "Z", multipleStatements: true };
    return ask({ ...login, ...(database && { database }) }, sql, params);
  }

  /** An empty database, with a user that may use nothing else. */
  async createDatabase(): Promise<Database> {
    this.#databases += 1;
    const name = `ghost${this.#databases}`;
    const database = new Database(this, name);
    await this.query(`CREATE DATABASE ${name}`);
    await this.query(`CREATE USER '${name}'@'%' IDENTIFIED BY '${database.password}'`);
    await this.query(`GRANT ALL ON ${name}.* TO '${name}'@'%'`);
    return database;
  }

  /** Answers with how many there were. */
  async killConnectionsOf(whose: { user: string } | { database: string } | { connections: number[] }): Promise<number> {
    const ids = "connections" in whose ? whose.connections : await this.#connectionsOf(whose);
    // one that has ended by itself is as good as killed
    for (const id of ids) await this.query(`KILL ${id}`).catch(() => {});
    return ids.length;
  }

  /** Stops answering, with all connections left open. */
  async pause(): Promise<void> {
    await this.#engine.pause();
  }

  async unpause(): Promise<void> {
    await this.#engine.unpause();
  }

  /** Ends the server and keeps the data: in good order, or at once. */
  async down(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    await (signal === "SIGTERM" ? this.#engine.stop() : this.#engine.kill());
  }

  /** Starts it again; resolves when it answers. */
  async up(): Promise<void> {
    await this.#engine.start();
    await this.answers();
  }

  async restart(): Promise<void> {
    await this.down();
    await this.up();
  }

  /** Waits until it answers. */
  async answers(): Promise<void> {
    for (const deadline = Date.now() + UP_MS; ; await sleep(100)) {
      try {
        await this.query("SELECT 1");
        return;
      } catch (error) {
        if (Date.now() > deadline) throw error;
      }
    }
  }

  /** Removes it with all its data. */
  async stop(): Promise<void> {
    await this.#container.stop();
  }

  async #connectionsOf(whose: { user: string } | { database: string }): Promise<number[]> {
    const [column, value] = "user" in whose ? ["user", whose.user] : ["db", whose.database];
    const found = await this.query(
      `SELECT id FROM performance_schema.processlist WHERE ${column} = ? AND id <> CONNECTION_ID()`,
      [value],
    );
    return found.map(({ id }) => id);
  }
}

export class Database {
  readonly name: string;
  readonly user: string;
  readonly password: string;
  readonly host: string;
  readonly port: number;
  readonly #mysql: Mysql;

  constructor(mysql: Mysql, name: string) {
    this.#mysql = mysql;
    this.name = name;
    this.user = name;
    this.password = `${name}-SECRET-password`;
    this.host = mysql.host;
    this.port = mysql.port;
  }

  /** As root, in this database. */
  query(sql: string, params?: unknown[]): Promise<Row[]> {
    return this.#mysql.query(sql, params, this.name);
  }

  /** Makes each row that is put into the table, or changed in it, take its time, as in a database under load. */
  async slowDown(table: string, ms: number, what: "INSERT" | "UPDATE" = "INSERT"): Promise<void> {
    const body = `BEGIN DO SLEEP(${ms / 1000}); END`;
    await this.query(`CREATE TRIGGER slow_${table} BEFORE ${what} ON ${table} FOR EACH ROW ${body}`);
  }

  async speedUp(table: string): Promise<void> {
    await this.query(`DROP TRIGGER slow_${table}`);
  }

  /** Ends all connections of the database's user; answers with how many there were. */
  killConnections(): Promise<number> {
    return this.#mysql.killConnectionsOf({ user: this.user });
  }

  async drop(): Promise<void> {
    await this.#mysql.query(`DROP DATABASE IF EXISTS ${this.name}; DROP USER IF EXISTS '${this.user}'@'%'`);
  }
}

/** A connection for each question: none is left that a restart would break. */
async function ask(login: ConnectionOptions, sql: string, params: unknown[]): Promise<Row[]> {
  const connection = await createConnection(login);
  try {
    const [rows] = await connection.query(sql, params);
    return Array.isArray(rows) ? (rows as Row[]) : [];
  } finally {
    connection.destroy();
  }
}
