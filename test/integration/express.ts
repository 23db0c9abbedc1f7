import { createRequire } from "node:module";
import { once } from "node:events";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { installGhost } from "@stateless-ghost/local";

export type Next = (error?: { statusCode?: number; errorType?: string; code?: string; message?: string }) => void;
export type RequestHandler = (request: IncomingMessage, response: Response, next: Next) => unknown;

interface Response extends ServerResponse {
  status(code: number): Response;
  json(body: unknown): void;
}

interface App {
  use(path: string, ...handlers: RequestHandler[]): void;
  use(handler: (error: Parameters<Next>[0] & object, request: unknown, response: Response, next: Next) => void): void;
  listen(port: number, host: string): Server;
}

/** A site of Ghost's own Express with handlers mounted as Ghost mounts them. */
export interface Site {
  url: string;
  /** Connections of readers that are open now. */
  connections(): Promise<number>;
  close(): Promise<void>;
}

export async function startSite(mounts: Record<string, RequestHandler[]>): Promise<Site> {
  const { directory } = await installGhost();
  const express: () => App = createRequire(join(directory, "index.js"))("express");
  const app = express();
  for (const [path, handlers] of Object.entries(mounts)) app.use(path, ...handlers);
  // Express knows an error handler by its four parameters.
  app.use((error, _request, response, _next) => {
    const { statusCode = 500, errorType, code, message } = error;
    response.status(statusCode).json({ errorType, code, message });
  });
  const server = app.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => new Promise((resolve) => server.getConnections((_error, count) => resolve(count))),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
