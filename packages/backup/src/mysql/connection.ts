import { readFileSync } from "node:fs";
import { createConnection, type Connection, type ConnectionOptions, type RowDataPacket } from "mysql2/promise";
import { EXIT, Failure, reasonOf } from "../failure.ts";
import { placeOf, type Account } from "./account.ts";

export type { Connection } from "mysql2/promise";

const CONNECT_TIMEOUT_MS = 15_000;

/** Answers of MySQL that an administrator has to do something about. */
const REFUSALS = new Set(["ER_ACCESS_DENIED_ERROR", "ER_DBACCESS_DENIED_ERROR", "ER_ACCOUNT_HAS_BEEN_LOCKED"]);

interface ServerError extends Error {
  readonly code?: string;
}

/**
 * A connection to a server.
 * @param more such as `charset: "binary"`, for statements that are bytes
 * @throws {Failure} that names the server and the account, never the password
 */
export async function connect(account: Account, more: ConnectionOptions = {}): Promise<Connection> {
  const login: ConnectionOptions = {
    ...(account.socket
      ? { socketPath: account.socket }
      : { host: account.host ?? "localhost", port: account.port ?? 3306 }),
    user: account.user,
    ...(account.password !== undefined && { password: account.password }),
    connectTimeout: CONNECT_TIMEOUT_MS,
    timezone: "Z",
    dateStrings: true,
    supportBigNumbers: true,
    enableKeepAlive: true,
    ...more,
  };
  try {
    return await encrypted(account, login);
  } catch (error) {
    throw unreachable(account, error as ServerError);
  }
}

async function encrypted(account: Account, login: ConnectionOptions): Promise<Connection> {
  if (account.tls === "off" || account.socket) return listening(await createConnection(login));
  const verify = account.tls === "verify";
  const ssl = {
    rejectUnauthorized: verify,
    verifyIdentity: verify,
    ...(account.tlsCa && { ca: readFileSync(account.tlsCa, "utf8") }),
  };
  try {
    return listening(await createConnection({ ...login, ssl }));
  } catch (error) {
    if (account.tls !== "preferred" || (error as ServerError).code !== "HANDSHAKE_NO_SSL_SUPPORT") throw error;
    return listening(await createConnection(login));
  }
}

/** A connection that breaks while nobody asks anything would end the process; the next question tells. */
function listening(connection: Connection): Connection {
  connection.on("error", () => {});
  return connection;
}

/** Rows of a question. */
export async function ask<T>(connection: Connection, sql: string, values: unknown[] = []): Promise<T[]> {
  const [rows] = await connection.query<RowDataPacket[]>(sql, values);
  return rows as T[];
}

export function unreachable(account: Account, error: ServerError): Failure {
  const refused = error.code !== undefined && REFUSALS.has(error.code);
  const place = placeOf(account);
  return new Failure(
    refused
      ? `MySQL at ${place} refused the account "${account.user}": ${error.message}`
      : `MySQL at ${place} could not be reached: ${reasonOf(error)}`,
    {
      effect: "Nothing was changed.",
      next: refused
        ? "Check user and password of this server."
        : "Check host, port and network, and that the server runs.",
      exitCode: refused ? EXIT.forbidden : EXIT.unavailable,
      cause: error,
    },
  );
}

/** A name as a statement needs it. */
export const quoteName = (name: string): string => `\`${name.replaceAll("`", "``")}\``;
