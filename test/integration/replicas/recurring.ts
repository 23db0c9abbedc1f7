import type { Cluster } from "./cluster/cluster.ts";
import { eventually } from "./eventually.ts";

/** Once a year, on the first of January. */
const SELDOM = "0 0 0 1 1 *";

/** Lets a job that comes once a day come each so many seconds; answers with the first time, in s since 1970. */
export async function comeEvery(cluster: Cluster, type: string, seconds: number): Promise<number> {
  const first = `TIMESTAMPADD(SECOND, (FLOOR(UNIX_TIMESTAMP() / ${seconds}) + 1) * ${seconds}, '1970-01-01')`;
  await noted(cluster, type);
  await cluster.database.query(`UPDATE replicas_recurring SET cron = ?, next_at = ${first} WHERE type = ?`, [
    `*/${seconds} * * * * *`,
    type,
  ]);
  return nextTime(cluster, type);
}

/** Lets it come at its next time, and then no more. */
export async function comeOnceMore({ database }: Cluster, type: string): Promise<void> {
  await database.query("UPDATE replicas_recurring SET cron = ? WHERE type = ?", [SELDOM, type]);
}

/** Lets it come now, and then no more. */
export async function comeNow(cluster: Cluster, type: string): Promise<void> {
  await noted(cluster, type);
  await cluster.database.query("UPDATE replicas_recurring SET cron = ?, next_at = UTC_TIMESTAMP(3) WHERE type = ?", [
    SELDOM,
    type,
  ]);
}

/** When it comes next, in s since 1970. */
export async function nextTime({ database }: Cluster, type: string): Promise<number> {
  const [row] = await database.query(
    "SELECT TIMESTAMPDIFF(SECOND, '1970-01-01', next_at) AS next FROM replicas_recurring WHERE type = ?",
    [type],
  );
  return Number(row?.next);
}

/** How often it was done, by whichever replica, by Ghost's own word. */
export async function timesDone(cluster: Cluster, type: string): Promise<number> {
  const logs = await Promise.all(cluster.replicas.map((replica) => replica.log()));
  return logs.reduce((sum, log) => sum + log.split(`[Background Job] ${type} completed in`).length - 1, 0);
}

/** Jobs of a type that are accepted and not done. */
export async function openJobs({ database }: Cluster, type: string): Promise<number> {
  const [row] = await database.query("SELECT COUNT(*) AS open FROM replicas_jobs WHERE type = ?", [type]);
  return Number(row?.open);
}

async function noted({ database }: Cluster, type: string): Promise<void> {
  const rows = () => database.query("SELECT type FROM replicas_recurring WHERE type = ?", [type]);
  await eventually(`${type} is noted`, async () => (await rows()).length > 0);
}
