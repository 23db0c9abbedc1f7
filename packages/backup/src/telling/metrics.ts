import { rename, writeFile } from "node:fs/promises";
import { Gauge, Registry } from "prom-client";
import { reasonOf } from "../failure.ts";
import type { Log } from "../log.ts";
import type { Notice } from "./notice.ts";
import { tell } from "./requests.ts";

const LABELS = ["server", "database"] as const;

/** What is known of one database after a run. */
export interface Outcome {
  readonly notice: Notice;
  /** When the newest backup that exists was made, whoever made it; undefined when the bucket did not say. */
  readonly lastGood: Date | undefined;
}

/** Figures of a run. The age of the last good backup comes from the bucket itself: that is what an alert is for. */
export function metricsOf(outcomes: readonly Outcome[], now: Date): Registry {
  const registry = new Registry();
  const gauge = (name: string, help: string): Gauge<(typeof LABELS)[number]> =>
    new Gauge({ name: `backup_${name}`, help, labelNames: LABELS, registers: [registry] });
  const lastGood = gauge("last_success_timestamp_seconds", "Time of the newest verified backup.");
  const lastRun = gauge("last_run_timestamp_seconds", "End of the last run.");
  const succeeded = gauge("last_run_success", "1 when the last run made a verified backup.");
  const duration = gauge("last_run_duration_seconds", "Duration of the last run.");
  const dumped = gauge("dump_bytes", "Text of the newest dump.");
  const stored = gauge("stored_bytes", "Newest dump in the bucket.");
  const rows = gauge("rows", "Rows of the newest dump.");
  for (const { notice, lastGood: time } of outcomes) {
    const labels = { server: notice.server, database: notice.database };
    if (time) lastGood.set(labels, time.getTime() / 1000);
    lastRun.set(labels, now.getTime() / 1000);
    succeeded.set(labels, notice.event === "success" ? 1 : 0);
    duration.set(labels, notice.seconds);
    if (notice.bytes !== undefined) dumped.set(labels, notice.bytes);
    if (notice.stored !== undefined) stored.set(labels, notice.stored);
    if (notice.rows !== undefined) rows.set(labels, notice.rows);
  }
  return registry;
}

/** The collector reads the file at any moment: it is exchanged as a whole. */
export async function writeTextfile(path: string, registry: Registry, log: Log): Promise<void> {
  try {
    await writeFile(`${path}.new`, await registry.metrics());
    await rename(`${path}.new`, path);
  } catch (error) {
    log.warn("the metrics were not written", { path, reason: reasonOf(error) });
  }
}

/** Where figures are pushed to, and what tells them from those of other blogs. */
export interface Gateway {
  readonly url: string;
  readonly bucket: string;
  readonly prefix: string;
}

/**
 * A group of figures is replaced by the next push of the same job and labels. Empty values and those with a slash are
 * given in base64.
 * @see https://github.com/prometheus/pushgateway#url
 */
function groupOf({ url, bucket, prefix }: Gateway, job: string): string {
  const encoded = Buffer.from(prefix).toString("base64url") || "=";
  return `${url.replace(/\/+$/, "")}/metrics/job/${job}/bucket/${bucket}/prefix@base64/${encoded}`;
}

/** POST, not PUT: figures that this run does not have stay as they were. @see https://github.com/prometheus/pushgateway#post-method */
export async function pushMetrics(gateway: Gateway, registry: Registry, log: Log, job = "backup"): Promise<void> {
  await tell("pushgateway", groupOf(gateway, job), log, {
    method: "POST",
    headers: { "content-type": registry.contentType },
    body: await registry.metrics(),
  });
}
