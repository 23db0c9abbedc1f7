import { once } from "node:events";
import { connect } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { Replica } from "../../integration/replicas/cluster/replica.ts";

/** What a process has used, by its own account. */
export interface Used {
  /** Since its start. */
  cpuSeconds: number;
  rssBytes: number;
  heapBytes: number;
  /** Since it was last asked. */
  loopDelayP99Ms: number;
}

/** Environment of a process that can be asked. */
export function withInsides(): Record<string, string> {
  return { NODE_OPTIONS: `--import=${join(import.meta.dirname, "insides.mjs")}` };
}

/** @param order with "collect" the heap is what is left after a collection; the resident memory is that before it */
export async function usedBy({ directory }: Replica, order: "look" | "collect" = "look"): Promise<Used> {
  const socket = connect(join(directory, "insides.sock"));
  await once(socket, "connect");
  socket.write(order);
  return JSON.parse(await text(socket)) as Used;
}
