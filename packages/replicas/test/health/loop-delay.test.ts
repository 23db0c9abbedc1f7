import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { createMetrics } from "../../src/health/metrics.ts";

const BUSY_MS = 200;

test("a busy event loop is seen, an idle one is near to nothing, and each look begins anew", async () => {
  const { registry } = createMetrics();
  const delays = async () => {
    const { values } = await registry.getSingleMetric("ghost_replica_event_loop_delay_seconds")!.get();
    return new Map(values.map(({ labels, value }) => [labels.quantile, value]));
  };
  await sleep(BUSY_MS);
  for (const end = performance.now() + BUSY_MS; performance.now() < end;);
  await sleep(BUSY_MS);
  expect((await delays()).get(1)).toBeGreaterThan((BUSY_MS / 1000) * 0.7);
  await sleep(2 * BUSY_MS);
  expect((await delays()).get(0.5)).toBeLessThan(0.045);
  expect(await registry.metrics()).not.toContain("nodejs_eventloop_lag");
});
