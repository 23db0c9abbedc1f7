import { eventually } from "../integration/replicas/eventually.ts";
import type { Kind } from "./cluster/kind.ts";
import type { Resource } from "./cluster/kubectl.ts";
import type { Workload } from "./cluster/workload.ts";

/** Kubernetes hears of a node every four seconds here, and waits for sixteen. */
const DECLARED_MS = 90_000;

/** From the moment at which the node counts as dead. */
const FULL_STRENGTH_MS = 60_000;

/**
 * Kills a node, and starts it again when as many pods are ready elsewhere as there were.
 * @param before done when they are, while the node is still dead
 * @returns seconds from the moment at which the node was declared dead to full strength
 */
export async function killNode(
  kind: Kind,
  workload: Workload,
  node: string,
  before: () => Promise<unknown> = async () => {},
): Promise<number> {
  const { length } = await workload.readyPods();
  await kind.stopNode(node);
  try {
    await eventually("the node counts as dead", async () => isDead(await kind.kubectl.get("node", node)), DECLARED_MS);
    const dead = Date.now();
    const elsewhere = async () => (await workload.readyPods()).filter(({ spec }) => spec.nodeName !== node);
    await eventually("as many are ready elsewhere", async () => (await elsewhere()).length >= length, FULL_STRENGTH_MS);
    const seconds = (Date.now() - dead) / 1000;
    await before();
    return seconds;
  } finally {
    await kind.startNode(node);
  }
}

function isDead({ status }: Resource): boolean {
  return status.conditions.some(({ type, status: is }: Resource) => type === "Ready" && is !== "True");
}
