import { setTimeout as sleep } from "node:timers/promises";
import type {
  Connection,
  ConnectionOptions,
  Pool,
  PoolConnection,
  ResultSetHeader,
  RowDataPacket,
} from "mysql2/promise";
import type { Ghost } from "../ghost/ghost.ts";
import { withIdleLimit } from "./idle-limit.ts";

/** Every query of this package is short: what takes longer has lost its server. */
const QUERY_MS = 5000;

const CONNECT_MS = 5000;

/** For the poll, the leases, and everything else. */
const CONNECTIONS = 3;

/** Firewalls and load balancers forget connections over which nothing was sent for some minutes. */
const KEEP_ALIVE_MS = 30_000;

type Driver = typeof import("mysql2/promise");

export type Value = string | number | bigint | Date | Buffer | null;

/** Runs statements; the connection is the caller's for as long as it has this. */
export interface Session {
  rows<Row extends object>(sql: string, values?: readonly Value[]): Promise<Row[]>;
  /** Number of rows that matched. */
  change(sql: string, values?: readonly Value[]): Promise<number>;
}

/**
 * Ghost's database, over connections of this package's own: Ghost's pool may be exhausted by its requests. The driver
 * is Ghost's, so that every option of Ghost's configuration means the same.
 */
export class Database implements Session {
  /** Name of the database. */
  readonly name: string;
  readonly #driver: Driver;
  readonly #options: ConnectionOptions;
  readonly #pool: Pool;

  constructor(ghost: Ghost, connection: ConnectionOptions) {
    this.#driver = ghost.require("mysql2/promise") as Driver;
    this.name = String(connection.database);
    this.#options = {
      ...connection,
      timezone: "Z",
      charset: "utf8mb4",
      connectTimeout: CONNECT_MS,
      enableKeepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE_MS,
    };
    this.#pool = this.#driver.createPool({ ...this.#options, connectionLimit: CONNECTIONS });
  }

  rows<Row extends object>(sql: string, values: readonly Value[] = []): Promise<Row[]> {
    return this.#with((session) => session.rows<Row>(sql, values));
  }

  change(sql: string, values: readonly Value[] = []): Promise<number> {
    return this.#with((session) => session.change(sql, values));
  }

  /** All or nothing. */
  transaction<Result>(work: (session: Session) => Promise<Result>): Promise<Result> {
    return this.#with((session) =>
      withIdleLimit(session, async () => {
        await session.change("START TRANSACTION");
        try {
          const result = await work(session);
          await session.change("COMMIT");
          return result;
        } catch (error) {
          // after any other error the connection is destroyed, and the server rolls back by itself
          if (isStatementError(error)) await session.change("ROLLBACK");
          throw error;
        }
      }),
    );
  }

  /** A connection for what belongs to a connection, such as a named lock; without a database, which may not exist yet. */
  async dedicated(): Promise<DedicatedConnection> {
    const { database: _database, ...server } = this.#options;
    return new DedicatedConnection(await this.#driver.createConnection(server));
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }

  async #with<Result>(work: (session: Session) => Promise<Result>): Promise<Result> {
    const connection = await within(this.#pool.getConnection(), CONNECT_MS + QUERY_MS, (late) => late.destroy());
    try {
      const result = await work(sessionOn(connection, QUERY_MS));
      connection.release();
      return result;
    } catch (error) {
      // an error of the statement leaves the connection as it was; all others leave it in an unknown state
      if (isStatementError(error)) connection.release();
      else connection.destroy();
      throw error;
    }
  }
}

/** One connection, with its session state. */
export class DedicatedConnection implements Session {
  /** Settles when the server or the network has ended the connection. */
  readonly lost: Promise<Error>;
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.lost = new Promise((resolve) => connection.on("error", resolve));
  }

  /** @param timeoutMs longer than usual for statements that wait on purpose */
  rows<Row extends object>(sql: string, values: readonly Value[] = [], timeoutMs = QUERY_MS): Promise<Row[]> {
    return sessionOn(this.#connection, timeoutMs).rows<Row>(sql, values);
  }

  change(sql: string, values: readonly Value[] = [], timeoutMs = QUERY_MS): Promise<number> {
    return sessionOn(this.#connection, timeoutMs).change(sql, values);
  }

  close(): void {
    this.#connection.destroy();
  }
}

function sessionOn(connection: Connection | PoolConnection, timeoutMs: number): Session {
  const query = <Result extends RowDataPacket[] | ResultSetHeader>(sql: string, values: readonly Value[]) =>
    within(
      connection.query<Result>(sql, [...values]).then(([result]) => result),
      timeoutMs,
    );
  return {
    rows: async (sql, values = []) => (await query<RowDataPacket[]>(sql, values)) as never,
    change: async (sql, values = []) => (await query<ResultSetHeader>(sql, values)).affectedRows,
  };
}

/** The driver's own limit leaves a connection behind that still waits; this one leaves it to the caller. */
async function within<Result>(work: Promise<Result>, ms: number, tooLate?: (late: Result) => void): Promise<Result> {
  const stop = new AbortController();
  const deadline = sleep(ms, undefined, { signal: stop.signal, ref: false }).then(() => {
    work.then(tooLate, () => {});
    throw Object.assign(new Error(`MySQL did not answer within ${ms / 1000} s`), { code: "ETIMEDOUT" });
  });
  deadline.catch(() => {});
  try {
    return await Promise.race([work, deadline]);
  } finally {
    stop.abort();
  }
}

/** What a server answers that was the primary until a failover: a new connection leads to the one that is it now. */
const READ_ONLY: ReadonlySet<string | undefined> = new Set([
  "ER_OPTION_PREVENTS_STATEMENT",
  "ER_READ_ONLY_MODE",
  "ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION",
]);

/** @see https://dev.mysql.com/doc/mysql-errors/9.7/en/server-error-reference.html */
function isStatementError(error: unknown): boolean {
  const { sqlState, fatal, code } = error as { sqlState?: string; fatal?: boolean; code?: string };
  return sqlState !== undefined && !fatal && !sqlState.startsWith("08") && !READ_ONLY.has(code);
}

/** Whether a statement was rolled back because another one, which went through, stood in its way. */
export function isDeadlock(error: unknown): boolean {
  return (error as { code?: string }).code === "ER_LOCK_DEADLOCK";
}

/** Whether a statement failed because a table of this package is missing: a backup without them was restored. */
export function isMissingTable(error: unknown): boolean {
  return (error as { code?: string }).code === "ER_NO_SUCH_TABLE";
}
