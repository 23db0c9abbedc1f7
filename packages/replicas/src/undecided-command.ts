import { Database } from "./database/database.ts";
import { EXIT, Failure, reasonOf } from "./failure.ts";
import type { Ghost } from "./ghost/ghost.ts";
import { undecided, type Undecided } from "./newsletters/undecided.ts";
import { mysqlOf } from "./plan.ts";

/**
 * Asks the database of a Ghost for newsletters in doubt; nothing is started or changed.
 * @throws {Failure} when there is no MySQL to ask
 */
export async function findUndecided(ghost: Ghost): Promise<Undecided[]> {
  process.env.NODE_ENV ||= "production";
  ghost.load("core/server/overrides");
  const connection = mysqlOf(ghost.config);
  if (!connection) {
    throw new Failure("This Ghost uses SQLite, where one process sends everything.", {
      effect: "There is nothing to be asked.",
      next: "Run the command where the configuration names a MySQL database.",
      exitCode: EXIT.usage,
    });
  }
  const database = new Database(ghost, connection);
  try {
    return await undecided(database);
  } catch (error) {
    throw new Failure(`MySQL could not be asked: ${reasonOf(error)}`, {
      effect: "Nothing was changed.",
      next: "Look at database__connection, and whether a replica has ever started on this database.",
      exitCode: EXIT.unavailable,
      cause: error,
    });
  } finally {
    await database.close();
  }
}
