import { setTimeout as sleep } from "node:timers/promises";
import type { Session } from "../database/database.ts";
import type { Log } from "../log.ts";

/** The parts of a migration that may take long. No replica changes tables once it takes requests. */
const CHANGES_TABLES = /^\s*(?:alter|create|drop|rename)\s/i;

const LOOK_MS = 500;

/** As `SHOW PROCESSLIST` names them; a user sees at least the connections of its own. */
interface Process {
  db: string | null;
  Info: string | null;
}

/**
 * MySQL goes on with a statement whose process was killed. A migration that begins anew meanwhile would not see what that
 * has not done yet, and do it a second time. Under the boot lock only: then whatever changes tables is such a statement.
 */
export async function awaitOrphanedStatements(session: Session, database: string, log: Log): Promise<void> {
  for (let told = false; ; told = true) {
    const processes = await session.rows<Process>("SHOW FULL PROCESSLIST");
    const orphan = processes.find(({ db, Info }) => db === database && CHANGES_TABLES.test(Info ?? ""));
    if (!orphan) return;
    if (!told) log.warn(`MySQL is still at what a process asked for that is gone; waiting for it: ${orphan.Info}`);
    await sleep(LOOK_MS);
  }
}
