import { setTimeout as sleep } from "node:timers/promises";
import type { Blog } from "../../e2e/blog.ts";
import type { Kind } from "../../e2e/cluster/kind.ts";
import type { Resource } from "../../e2e/cluster/kubectl.ts";
import type { Workload } from "../../e2e/cluster/workload.ts";
import { disrupt, DISRUPTIONS } from "../../e2e/disruptions.ts";
import { killNode } from "../../e2e/node-death.ts";
import { readersOf } from "../../e2e/readers.ts";
import { eventually } from "../../integration/replicas/eventually.ts";
import type { Row } from "../row.ts";

const READY_MS = 120_000;

export interface Subject {
  readonly name: string;
  readonly workload: Workload;
  readonly blog: Blog;
  /** Whether a picture that one pod took is on all others as well. */
  readonly pictures: boolean;
}

/** From the moment at which a pod has its node to the one at which it is ready, by Kubernetes' own account. */
export async function* coldStarts({ name, workload }: Subject, runs: number): AsyncGenerator<Row> {
  for (let run = 0; run < runs; run += 1) {
    const before = new Set((await workload.pods()).map(({ metadata }) => metadata.name));
    const [old] = await workload.readyPods();
    await workload.kubectl.run(["delete", "pod", old.metadata.name, "--wait=false"]);
    const fresh = await eventually(
      "another pod is ready",
      async () => (await workload.readyPods()).find(({ metadata }) => !before.has(metadata.name)) as Resource,
      READY_MS,
    );
    const seconds = (timeOf(fresh, "Ready") - timeOf(fresh, "PodScheduled")) / 1000;
    yield { subject: name, case: "k8s-cold-start", metric: "ready", value: seconds, unit: "s" };
    await eventually("the old one is gone", () => workload.isSettled(), 2 * READY_MS);
  }
}

/** Whole seconds: Kubernetes notes no parts of them. */
function timeOf({ status }: Resource, condition: string): number {
  const { lastTransitionTime } = status.conditions.find(({ type }: Resource) => type === condition);
  return Date.parse(lastTransitionTime);
}

/** Deaths of a node, by which the pods on it have to come up elsewhere. */
export async function* deaths(kind: Kind, { name, workload }: Subject, runs: number): AsyncGenerator<Row> {
  for (let run = 0; run < runs; run += 1) {
    // pods that were made while a node was away are on the other one
    await disrupt(kind, workload, "a rolling update");
    const [pod] = await workload.readyPods();
    const value = await killNode(kind, workload, pod.spec.nodeName);
    yield { subject: name, case: "k8s-reschedule", metric: "full-strength", value, unit: "s" };
  }
}

/** Readers at a steady rate while one thing after the other happens; each lasts until so many requests were made. */
export async function* disruptions(
  kind: Kind,
  { name, workload, blog, pictures }: Subject,
  perSecond: number,
  least: number,
): AsyncGenerator<Row> {
  for (const disruption of DISRUPTIONS) {
    await eventually("all pods answer", () => answers(blog), READY_MS);
    const readers = await readersOf(blog, perSecond, pictures);
    do await disrupt(kind, workload, disruption);
    while (readers.count < least);
    await sleep(1000);
    const { answered, lost, p99Ms } = await readers.stop();
    const row = { subject: name, case: `k8s-lost-${disruption.replaceAll(" ", "-")}` };
    yield { ...row, metric: "requests", value: answered + lost, unit: "" };
    yield { ...row, metric: "lost", value: lost, unit: "" };
    yield { ...row, metric: "p99", value: p99Ms, unit: "ms" };
  }
}

/** A pod whose port is open need not answer yet: each request may find another one. */
async function answers(blog: Blog): Promise<boolean> {
  const pages = await Promise.all(Array.from({ length: 10 }, () => blog.page("/")));
  return pages.every(({ ok }) => ok);
}
