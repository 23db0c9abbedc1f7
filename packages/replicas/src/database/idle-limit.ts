import type { Session } from "./database.ts";

/** As long as the longest lease of a deed: whoever takes over must not wait for a transaction that nobody ends. */
const LIMIT_S = 10;

/**
 * For the time of a transaction, the server ends the connection of a process that hangs, and with it the transaction.
 * Otherwise its locks would stay for as long as it hangs: those of the rows that it wrote, and of the rows they refer to.
 */
export async function withIdleLimit<Result>(session: Session, transaction: () => Promise<Result>): Promise<Result> {
  await session.change(`SET SESSION wait_timeout = ${LIMIT_S}`);
  try {
    return await transaction();
  } finally {
    // where that fails the connection is of no more use, and what went wrong before is the reason to tell
    await session.change("SET SESSION wait_timeout = DEFAULT").catch(() => {});
  }
}
