import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { Handler } from "../../src/serving/handler.ts";

/** A server that asks a handler first, and then answers itself. */
export async function serve(handler: Handler, ghost: RequestListener) {
  const server: Server = createServer((request: IncomingMessage, response: ServerResponse) =>
    handler(request, response, () => {
      ghost(request, response);
    }),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    get: (path: string, init: RequestInit = {}) => fetch(`http://127.0.0.1:${port}${path}`, init),
    close: () => server.close(),
  };
}
