import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from "prom-client";
import { loopDelayOn } from "./loop-delay.ts";

/** From a fast reload to one that misses the promise of one second by far. */
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 10, 30];

/** Of prom-client's own samples of the event loop, which are not shown: one an hour. */
const NEVER_MS = 3_600_000;
const LAG = "nodejs_eventloop_lag";

/** The figures of one replica, as Prometheus reads them. @see https://prometheus.io/docs/practices/naming/ */
export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: NEVER_MS });
  // they include the time between two samples
  for (const { name } of registry.getMetricsAsArray()) if (name.startsWith(LAG)) registry.removeSingleMetric(name);
  return {
    registry,
    loopDelay: loopDelayOn(registry),
    leader: new Gauge({ name: "ghost_replica_leader", help: "1 while this replica is the leader.", registers }),
    ready: new Gauge({ name: "ghost_replica_ready", help: "1 while this replica takes requests.", registers }),
    pollSeconds: new Histogram({
      name: "ghost_replica_poll_seconds",
      help: "Time of one look at the database for changes of other replicas.",
      buckets: SECONDS,
      registers,
    }),
    pollFailures: new Counter({
      name: "ghost_replica_poll_failures_total",
      help: "Looks at the database that failed.",
      registers,
    }),
    pollAge: new Gauge({
      name: "ghost_replica_poll_age_seconds",
      help: "Age of the last look at the database that succeeded.",
      registers,
    }),
    reloads: new Counter({
      name: "ghost_replica_reloads_total",
      help: "Reloads of what another replica has changed, by cause and outcome.",
      labelNames: ["cause", "outcome"] as const,
      registers,
    }),
    convergenceSeconds: new Histogram({
      name: "ghost_replica_convergence_seconds",
      help: "Time from the announcement of a change by another replica to the end of the reload here.",
      labelNames: ["cause"] as const,
      buckets: SECONDS,
      registers,
    }),
    content: new Counter({
      name: "ghost_replica_content_total",
      help: "Themes, routes and redirects sent to and fetched from the bucket, by outcome.",
      labelNames: ["direction", "kind", "outcome"] as const,
      registers,
    }),
    leases: new Gauge({
      name: "ghost_replica_leases_held",
      help: "Names that this replica keeps while it works, by kind.",
      labelNames: ["kind"] as const,
      registers,
    }),
    jobs: new Gauge({
      name: "ghost_replica_jobs",
      help: "Jobs that are not done: of all replicas together.",
      registers,
    }),
    deeds: new Counter({
      name: "ghost_replica_deeds_total",
      help: "Things done once for all replicas, by what and outcome.",
      labelNames: ["deed", "outcome"] as const,
      registers,
    }),
    batchesInDoubt: new Gauge({
      name: "ghost_replica_email_batches_in_doubt",
      help: "Batches of newsletters whose sender was lost between asking the provider and noting its answer.",
      registers,
    }),
    recipientsInDoubt: new Gauge({
      name: "ghost_replica_email_recipients_in_doubt",
      help: "Recipients of those batches.",
      registers,
    }),
    bootSeconds: new Gauge({
      name: "ghost_replica_boot_seconds",
      help: "Time of each part of the start.",
      labelNames: ["phase"] as const,
      registers,
    }),
    requests: new Counter({
      name: "ghost_replica_http_requests_total",
      help: "Requests answered by Ghost, by method and the class of the status.",
      labelNames: ["method", "status"] as const,
      registers,
    }),
    requestsOpen: new Gauge({
      name: "ghost_replica_http_requests_open",
      help: "Requests under way.",
      registers,
    }),
  };
}

export type Metrics = ReturnType<typeof createMetrics>;
