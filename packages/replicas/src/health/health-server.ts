import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { EXIT, Failure, reasonOf } from "../failure.ts";
import type { Metrics } from "./metrics.ts";
import type { Readiness } from "./readiness.ts";

export interface HealthServerOptions {
  readonly host: string;
  readonly port: number;
  readonly readiness: Readiness;
  readonly metrics: Metrics;
  /** Brings figures up to date that are only looked at when somebody asks. */
  readonly refresh: () => void;
}

/**
 * `/livez`, `/readyz` and `/metrics` on a port of their own, which no ingress leads to.
 * @throws {Failure} when the port cannot be had
 */
export async function serveHealth(options: HealthServerOptions): Promise<Server> {
  const server = createServer((request, response) => {
    answer(request, response, options).catch((error: unknown) => {
      response.writeHead(500, { "content-type": "text/plain" }).end(reasonOf(error));
    });
  });
  server.listen(options.port, options.host);
  try {
    await once(server, "listening");
  } catch (error) {
    throw new Failure(`Port ${options.port} for health and metrics cannot be opened: ${reasonOf(error)}`, {
      effect: "Ghost was not started.",
      next: "Choose another one: replicas__healthPort",
      exitCode: EXIT.usage,
      cause: error,
    });
  }
  // it must not keep a process alive that has nothing else to do
  server.unref();
  return server;
}

export function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

async function answer(request: IncomingMessage, response: ServerResponse, options: HealthServerOptions): Promise<void> {
  const { readiness, metrics } = options;
  switch (request.url?.split("?")[0]) {
    case "/livez":
      send(response, 200, { live: true });
      return;
    case "/readyz": {
      const state = readiness.state();
      send(response, state.ready ? 200 : 503, state);
      return;
    }
    case "/metrics": {
      options.refresh();
      const figures = await metrics.registry.metrics();
      response.writeHead(200, { "content-type": metrics.registry.contentType }).end(figures);
      return;
    }
    default:
      send(response, 404, { paths: ["/livez", "/readyz", "/metrics"] });
  }
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" });
  response.end(`${JSON.stringify(body)}\n`);
}
