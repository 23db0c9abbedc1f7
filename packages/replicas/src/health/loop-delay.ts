import { monitorEventLoopDelay } from "node:perf_hooks";
import { Gauge, type Registry } from "prom-client";

/** Time between two samples: ten of a second, as others take them, cost half a percent of a core. */
const SAMPLE_MS = 50;

const QUANTILES = [0.5, 0.99, 1];

const NANOSECONDS = 1e9;

/**
 * How late the event loop comes to a timer since the last look of Prometheus.
 * @see https://nodejs.org/api/perf_hooks.html#perf_hooksmonitoreventloopdelayoptions
 */
export function loopDelayOn(registry: Registry): Gauge<"quantile"> {
  const samples = monitorEventLoopDelay({ resolution: SAMPLE_MS });
  samples.enable();
  return new Gauge({
    name: "ghost_replica_event_loop_delay_seconds",
    help: "How late the event loop comes to what is due, since the last look at these figures.",
    labelNames: ["quantile"] as const,
    registers: [registry],
    collect() {
      for (const quantile of QUANTILES) {
        // what is sampled is the time between two timers
        const between = samples.percentile(quantile * 100) / NANOSECONDS;
        this.set({ quantile }, Math.max(0, between - SAMPLE_MS / 1000));
      }
      samples.reset();
    },
  });
}
