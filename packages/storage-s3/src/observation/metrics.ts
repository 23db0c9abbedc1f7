import { createServer, type Server } from "node:http";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { ByteBudget } from "../upload/budget.ts";
import { log } from "./log.ts";

/** The metrics of all storage classes of the process. */
export const registry = new Registry();

export const operations = new Counter({
  name: "ghost_storage_s3_operations_total",
  help: "Operations on the store, by S3 operation and outcome (ok, the error's name).",
  labelNames: ["operation", "outcome"],
  registers: [registry],
});

export const durations = new Histogram({
  name: "ghost_storage_s3_operation_duration_seconds",
  help: "Duration of an operation with all its attempts.",
  labelNames: ["operation"],
  buckets: [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120],
  registers: [registry],
});

export const transferred = new Counter({
  name: "ghost_storage_s3_bytes_total",
  help: "Bytes of objects, by direction (in: read from the store, out: written to it).",
  labelNames: ["direction"],
  registers: [registry],
});

export const retries = new Counter({
  name: "ghost_storage_s3_retries_total",
  help: "Attempts after the first, by S3 operation.",
  labelNames: ["operation"],
  registers: [registry],
});

export const sizesServed = new Counter({
  name: "ghost_storage_s3_image_sizes_total",
  help: "Answers to Ghost's question for an image size (memory, store, made, waited).",
  labelNames: ["from"],
  registers: [registry],
});

/** Shows how much of the upload memory is in use. */
export function watchBudget(budget: ByteBudget): void {
  gauge("ghost_storage_s3_upload_memory_bytes", "Bytes of uploads in memory.", () => budget.used);
  gauge("ghost_storage_s3_upload_memory_limit_bytes", "Limit of bytes of uploads in memory.", () => budget.limit);
}

function gauge(name: string, help: string, read: () => number): Gauge {
  return new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      this.set(read());
    },
  });
}

let server: Server | undefined;

/** Answers `/metrics` on a port of its own; once per process, and it keeps no process alive. */
export function serveMetrics(port: number): void {
  if (server) return;
  server = createServer(async (request, response) => {
    if (request.url !== "/metrics") {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { "content-type": registry.contentType }).end(await registry.metrics());
  });
  // Metrics are no reason to refuse uploads: the line says what is missing, the blog runs.
  server.on("error", (error) =>
    log("error", `no metrics on port ${port}`, { operation: "metrics", error: error.message }),
  );
  server.listen(port);
  server.unref();
}
