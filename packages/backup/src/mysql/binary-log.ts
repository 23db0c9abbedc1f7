import { EXIT, Failure } from "../failure.ts";
import type { ServerLog } from "../binlog/plan.ts";
import { ask, type Connection } from "./connection.ts";
import type { ServerFacts } from "./server.ts";

/** Files of the log in the server's order. @see https://dev.mysql.com/doc/refman/9.7/en/show-binary-logs.html */
export async function readLogs(connection: Connection): Promise<ServerLog[]> {
  const rows = await ask<{ Log_name: string; File_size: number | string; Encrypted: string }>(
    connection,
    "SHOW BINARY LOGS",
  );
  return rows.map(({ Log_name: name, File_size: size, Encrypted: encrypted }) => {
    if (encrypted === "Yes") throw unfit("it is encrypted by the server", "Turn binlog_encryption off.");
    return { name, size: Number(size) };
  });
}

/**
 * What the server must be like for its log to be worth keeping.
 * @throws {Failure} that says what is missing
 */
export async function requireArchivable(connection: Connection, facts: ServerFacts, user: string): Promise<void> {
  if (!facts.binaryLog) throw unfit("there is none", "Turn it on, as it is by default (log_bin).");
  const missing = facts.rights.missingForLog;
  if (missing.length > 0) {
    throw new Failure(`The account "${user}" may not read the binary log: it lacks ${missing.join(", ")}.`, {
      effect: "Nothing was archived.",
      next: `GRANT ${missing.join(", ")} ON *.* TO the account.`,
      exitCode: EXIT.forbidden,
    });
  }
  const [row] = await ask<{ format: string }>(connection, "SELECT @@GLOBAL.binlog_format AS format");
  if (row?.format !== "ROW") throw unfit(`its format is ${row?.format}`, "Set binlog_format to ROW, the default.");
}

function unfit(why: string, next: string): Failure {
  return new Failure(`The server's binary log cannot be archived: ${why}.`, {
    effect: "Nothing was archived.",
    next,
    exitCode: EXIT.usage,
  });
}
