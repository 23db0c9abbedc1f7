import type { Cluster } from "./cluster/cluster.ts";
import type { Replica } from "./cluster/replica.ts";
import { eventually } from "./eventually.ts";

/** What is promised is one second; a machine that runs three Ghosts on two cores needs some more now and then. */
export const SOON_MS = 1500;

/** Until every running replica answers as it should. */
export async function everywhere(
  cluster: Cluster,
  what: string,
  holds: (replica: Replica) => Promise<boolean>,
  withinMs: number = SOON_MS,
): Promise<void> {
  const running = cluster.replicas.filter((replica) => replica.running);
  await Promise.all(
    running.map((replica) => eventually(`${what} on replica ${replica.index}`, () => holds(replica), withinMs)),
  );
}

/** Until every running replica serves a page with that text; the newest pages are asked for by unique paths. */
export function showEverywhere(cluster: Cluster, path: string, text: string, withinMs?: number): Promise<void> {
  return everywhere(
    cluster,
    `"${text}" on ${path}`,
    async (replica) => (await replica.text(path)).includes(text),
    withinMs,
  );
}

/** Until every running replica answers a path with that status. */
export function answerEverywhere(cluster: Cluster, path: string, status: number, withinMs?: number): Promise<void> {
  return everywhere(
    cluster,
    `${status} for ${path}`,
    async (replica) => (await statusOf(replica, path)) === status,
    withinMs,
  );
}

export async function statusOf(replica: Replica, path: string): Promise<number> {
  const answer = await replica.get(path);
  await answer.body?.cancel();
  return answer.status;
}
