import type { Metrics } from "../health/metrics.ts";
import type { Handler } from "./handler.ts";

/** All others are one: a label must not have as many values as a client can think of. */
const METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

export function requestCounter({ requests, requestsOpen }: Metrics): Handler {
  return ({ method = "" }, response, next) => {
    requestsOpen.inc();
    response.once("close", () => {
      requestsOpen.dec();
      const status = response.headersSent ? `${Math.floor(response.statusCode / 100)}xx` : "none";
      requests.inc({ method: METHODS.has(method) ? method : "other", status });
    });
    next();
  };
}
