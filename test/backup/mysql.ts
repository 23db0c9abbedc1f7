import { MySqlContainer } from "@testcontainers/mysql";
import { createConnection, type Connection } from "mysql2/promise";

const IMAGE = "mysql:9.7";

const ROOT_PASSWORD = "root-SECRET-password";

/** A crash of the server's machine is no part of what is tested, so nothing waits for the disk. */
const FLAGS = [
  "--innodb-flush-log-at-trx-commit=0",
  "--innodb-doublewrite=OFF",
  "--sync-binlog=0",
  "--innodb-buffer-pool-size=256M",
  "--max-connections=300",
];

export interface ServerAddress {
  readonly host: string;
  readonly port: number;
  readonly rootPassword: string;
}

// what a row holds is known by who asks for it
export type Row = Record<string, any>;

export interface StartedServer {
  readonly facts: ServerAddress;
  stop(): Promise<void>;
  /** As when its machine is gone. */
  kill(): Promise<void>;
}

export async function startServer(flags: readonly string[]): Promise<StartedServer> {
  const container = await new MySqlContainer(IMAGE)
    .withRootPassword(ROOT_PASSWORD)
    .withCommand([...FLAGS, ...flags])
    .start();
  const facts = { host: "127.0.0.1", port: container.getPort(), rootPassword: ROOT_PASSWORD };
  return {
    facts,
    async stop() {
      await container.stop();
    },
    async kill() {
      await container.stop({ timeout: 0 });
    },
  };
}

/** A server as its administrator sees it. */
export class Server {
  readonly address: ServerAddress;

  constructor(address: ServerAddress) {
    this.address = address;
  }

  async connect(database?: string): Promise<Connection> {
    const { host, port, rootPassword: password } = this.address;
    const login = { host, port, user: "root", password, timezone: "Z", dateStrings: true, multipleStatements: true };
    return createConnection({ ...login, charset: "utf8mb4", ...(database && { database }) });
  }

  async query(sql: string, values: unknown[] = [], database?: string): Promise<Row[]> {
    const connection = await this.connect(database);
    try {
      const [rows] = await connection.query(sql, values);
      return Array.isArray(rows) ? (rows as Row[]) : [];
    } finally {
      connection.destroy();
    }
  }

  async databases(): Promise<string[]> {
    return (await this.query("SHOW DATABASES")).map((row) => Object.values(row)[0] as string);
  }

  async drop(database: string): Promise<void> {
    await this.query(`DROP DATABASE IF EXISTS \`${database.replaceAll("`", "``")}\``);
  }
}
