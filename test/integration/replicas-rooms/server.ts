import { MySqlContainer } from "@testcontainers/mysql";
import { installGhost } from "@stateless-ghost/local";
import { Database } from "../../../packages/replicas/src/database/database.ts";
import { ensureTables } from "../../../packages/replicas/src/database/tables.ts";
import { findGhost, type Ghost } from "../../../packages/replicas/src/ghost/ghost.ts";

const IMAGE = "mysql:9.7";
const PASSWORD = "root";

/** Rows lie in memory: the disk of a test machine is no part of what is tested. */
const TMPFS = { "/var/lib/mysql": "rw,size=2g" };

/** A MySQL server, and a Ghost on disk that lends its driver. */
export interface TestServer {
  readonly ghost: Ghost;
  readonly connection: { host: string; port: number; user: string; password: string };
  /** A database of its own with the tables of the package; `replicas` of it share it. */
  database(name: string): Promise<Database>;
  /** Another replica's view of the same database. */
  again(name: string): Database;
  stop(): Promise<void>;
}

export async function startServer(): Promise<TestServer> {
  const [container, installation] = await Promise.all([
    new MySqlContainer(IMAGE).withRootPassword(PASSWORD).withTmpFs(TMPFS).start(),
    installGhost(),
  ]);
  const ghost = findGhost(installation.directory);
  const connection = { host: "127.0.0.1", port: container.getPort(), user: "root", password: PASSWORD };
  const opened: Database[] = [];
  const again = (name: string): Database => {
    const database = new Database(ghost, { ...connection, database: name });
    opened.push(database);
    return database;
  };
  return {
    ghost,
    connection,
    again,
    async database(name) {
      const database = again(name);
      const server = await database.dedicated();
      await server.change(`CREATE DATABASE ${name}`);
      server.close();
      await ensureTables(database);
      return database;
    },
    async stop() {
      await Promise.all(opened.map((database) => database.close()));
      await container.stop();
    },
  };
}
