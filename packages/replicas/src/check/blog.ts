import { performance } from "node:perf_hooks";
import type { Database } from "../database/database.ts";
import type { Ghost } from "../ghost/ghost.ts";
import type { AdminSession } from "./admin-session.ts";
import type { Interruption } from "./interruption.ts";
import { failed } from "./failed.ts";
import type { Replica } from "./replica.ts";
import type { Staff } from "./staff.ts";
import { until } from "./until.ts";

/** A running blog, and how a check gets at it. */
export interface Blog {
  /** Id of the check: 8 hexadecimal digits. */
  readonly check: string;
  /** The check's own. */
  readonly staff: Staff;
  readonly ghost: Ghost;
  readonly database: Database;
  /** Where visitors find it, without a slash at the end. */
  readonly url: string;
  /** Where its admin is, without `/ghost`. */
  readonly adminUrl: string;
  readonly replicas: readonly Replica[];
  readonly session: AdminSession;
  /** Time that a change may take to reach every replica. */
  readonly withinMs: number;
  readonly interruption: Interruption;
}

/**
 * Waits until all replicas answer as they should.
 * @param what for the report, as in "the new title"
 * @param complaint what is wrong with a replica's answer, as in "shows the old title"; undefined when it is right
 * @returns how long it took
 */
export async function everywhere(
  { replicas, withinMs, interruption }: Pick<Blog, "replicas" | "withinMs" | "interruption">,
  what: string,
  complaint: (replica: Replica) => Promise<string | undefined>,
): Promise<string> {
  const began = performance.now();
  const found = await Promise.all(
    replicas.map(async (replica) => {
      const wrong = await until(() => complaint(replica), withinMs, interruption.signal);
      return wrong === undefined ? [] : [`${replica.name} ${wrong}`];
    }),
  );
  const wrong = found.flat();
  if (wrong.length > 0) {
    throw failed(
      `${what} is not everywhere after ${withinMs / 1000} s: ${wrong.join("; ")}`,
      "Readers get one thing or another, by the replica that they come to.",
      "Look at /readyz and the log of those replicas, and whether all use the same database; --within gives them more time.",
    );
  }
  const seconds = ((performance.now() - began) / 1000).toFixed(2);
  return replicas.length === 1 ? `after ${seconds} s` : `${replicas.length} of ${replicas.length} after ${seconds} s`;
}
