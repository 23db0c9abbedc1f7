import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../integration/replicas/eventually.ts";
import type { Kind } from "./cluster/kind.ts";
import type { Workload } from "./cluster/workload.ts";

export const DISRUPTIONS = [
  "a rolling update",
  "the deletion of a pod",
  "the drain of a node",
  "a scale-down",
] as const;

export type Disruption = (typeof DISRUPTIONS)[number];

/** Pods that have ended are gone from all load balancers by then. */
const SETTLE_MS = 5000;

/** Longer than a pod may take to end. */
const GONE_MS = 180_000;

/** Does it and waits until there are as many pods as before. */
export async function disrupt(kind: Kind, workload: Workload, disruption: Disruption): Promise<void> {
  await HOW[disruption](workload, kind);
  await settle(workload);
}

/** Until all pods are those that are wanted, and nothing of the others is left. */
export async function settle(workload: Workload): Promise<void> {
  await workload.rolledOut();
  await eventually("old pods are gone", () => workload.isSettled(), GONE_MS);
  await sleep(SETTLE_MS);
}

const HOW: Record<Disruption, (workload: Workload, kind: Kind) => Promise<void>> = {
  "a rolling update": (workload) => workload.restart(),
  "the deletion of a pod": async (workload) => {
    const [pod] = await workload.readyPods();
    await workload.kubectl.run(["delete", "pod", pod.metadata.name, "--wait=false"]);
  },
  "the drain of a node": async (workload, { kubectl }) => {
    const [pod] = await workload.readyPods();
    const { nodeName } = pod.spec;
    await kubectl.run(["drain", nodeName, "--ignore-daemonsets", "--delete-emptydir-data", "--timeout=180s"]);
    await kubectl.run(["uncordon", nodeName]);
  },
  "a scale-down": async (workload) => {
    await workload.scale(3);
    await workload.scale(2);
  },
};
