import { Gauge, Registry } from "prom-client";
import type { ArchiveState } from "../binlog/archiver.ts";
import type { Options } from "../configuration/schema.ts";
import type { Log } from "../log.ts";
import { pushMetrics, writeTextfile } from "./metrics.ts";

/** A group of its own at the gateway: a night's figures are not mixed with those of another program. */
const JOB = "backup_binlog";

/**
 * Figures of the archives, as times: an age that nobody renews, because the program is dead, would stay small.
 * @param states by the servers' names
 */
export function binlogMetrics(states: ReadonlyMap<string, ArchiveState>): Registry {
  const registry = new Registry();
  const gauge = (name: string, help: string): Gauge<"server"> =>
    new Gauge({ name: `backup_binlog_${name}`, help, labelNames: ["server"], registers: [registry] });
  const uploaded = gauge("last_upload_timestamp_seconds", "When a piece of the binary log was stored last.");
  const reached = gauge("reached_timestamp_seconds", "What was committed by then is in the bucket.");
  const unbroken = gauge("unbroken_since_timestamp_seconds", "From then on nothing is missing in the bucket.");
  const gaps = gauge("gaps", "Gaps since the program was started.");
  for (const [server, { lastUpload, reached: until, unbrokenSince, gaps: count }] of states) {
    if (lastUpload) uploaded.set({ server }, lastUpload.getTime() / 1000);
    if (until) reached.set({ server }, until.getTime() / 1000);
    if (unbrokenSince) unbroken.set({ server }, unbrokenSince.getTime() / 1000);
    gaps.set({ server }, count);
  }
  return registry;
}

type Addresses = Pick<Options, "metricsTextfile" | "pushgatewayUrl" | "bucket" | "prefix">;

export async function tellBinlogMetrics(to: Addresses, registry: Registry, log: Log): Promise<void> {
  // the night writes the other one
  const textfile = to.metricsTextfile?.replace(/(?:\.prom)?$/, "-binlog.prom");
  await Promise.all([
    textfile && writeTextfile(textfile, registry, log),
    to.pushgatewayUrl && pushMetrics({ ...to, url: to.pushgatewayUrl }, registry, log, JOB),
  ]);
}
