import autocannon from "autocannon";
import type { Replica } from "../../integration/replicas/cluster/replica.ts";

export interface Answered {
  perSecond: number;
  /** 99th percentile of the time of a request, in ms. */
  p99Ms: number;
}

/** Enough that a process always has a request waiting. */
const CONNECTIONS = 16;

/**
 * Requests for the home page over a fixed number of connections, each as soon as the last is answered; several
 * processes have the same share of the connections each.
 */
export async function askHome(replicas: readonly Replica[], host: string, seconds: number): Promise<Answered> {
  const connections = CONNECTIONS / replicas.length;
  const results = await Promise.all(
    replicas.map(({ url }) => autocannon({ url: `${url}/`, headers: asVisitor(host), connections, duration: seconds })),
  );
  for (const result of results) requireGood(result);
  const perSecond = results.reduce((sum, result) => sum + result["2xx"] / result.duration, 0);
  return { perSecond, p99Ms: Math.max(...results.map(({ latency }) => latency.p99)) };
}

/** So many page views, of a few visitors at a time. */
export async function viewHome({ url }: Replica, host: string, views: number): Promise<void> {
  requireGood(await autocannon({ url: `${url}/`, headers: asVisitor(host), connections: 4, amount: views }));
}

function asVisitor(host: string): Record<string, string> {
  return { host, "x-forwarded-proto": "https" };
}

function requireGood({ non2xx, errors, timeouts }: autocannon.Result): void {
  if (non2xx + errors + timeouts === 0) return;
  throw new Error(`Home page: ${non2xx} answers were not 2xx, ${errors} requests failed, ${timeouts} timed out`);
}
