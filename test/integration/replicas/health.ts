import type { Cluster } from "./cluster/cluster.ts";
import type { Replica } from "./cluster/replica.ts";
import { eventually } from "./eventually.ts";

/** What `/readyz` says. */
export interface Health {
  status: number;
  ready: boolean;
  reasons: Record<string, string>;
  leader: boolean;
}

export async function healthOf(replica: Replica): Promise<Health> {
  const answer = await fetch(`${replica.healthUrl}/readyz`);
  return { status: answer.status, ...((await answer.json()) as Omit<Health, "status">) };
}

/** A figure of `/metrics`, of all its labels together, or of those with some labels: 0 when there are none. */
export async function figureOf(replica: Replica, name: string, labels?: string): Promise<number> {
  const text = await (await fetch(`${replica.healthUrl}/metrics`)).text();
  const lines = text.split("\n").filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`));
  if (labels !== undefined) return sumOf(lines.filter((line) => line.startsWith(`${name}{${labels}`)));
  if (lines.length === 0) throw new Error(`There is no figure ${name}.`);
  return sumOf(lines);
}

function sumOf(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
}

/** The one that leads, as soon as there is one. */
export function leaderOf(cluster: Cluster, withinMs?: number): Promise<Replica> {
  const look = async () => {
    const running = cluster.replicas.filter((replica) => replica.running);
    const healths = await Promise.all(running.map(healthOf));
    return running.find((_, index) => healths[index]?.leader);
  };
  return eventually("one of the replicas leads", look, withinMs);
}
