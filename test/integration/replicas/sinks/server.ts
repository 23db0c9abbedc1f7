import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface SinkServer {
  port: number;
  url: string;
  close(): Promise<void>;
}

export interface Answer {
  status?: number;
  /** An object as JSON, bytes as they are. */
  body?: object | string | Uint8Array;
}

export interface Call {
  method: string;
  /** With the query. */
  url: URL;
  headers: IncomingMessage["headers"];
  body: Buffer;
}

/** An HTTP server on loopback: a function of the request with all its bytes. */
export async function startSinkServer(answer: (call: Call) => Answer | Promise<Answer>): Promise<SinkServer> {
  const server = createServer((request, response) => {
    respond(request, response, answer).catch((error: unknown) => response.destroy(error as Error));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  answer: (call: Call) => Answer | Promise<Answer>,
): Promise<void> {
  const { method = "GET", url = "/", headers } = request;
  const body = Buffer.concat(await request.toArray());
  const { status = 200, body: said = {} } = await answer({
    method,
    url: new URL(url, "http://127.0.0.1"),
    headers,
    body,
  });
  const [type, content] = encoded(said);
  response.writeHead(status, { "content-type": type }).end(content);
}

function encoded(said: object | string | Uint8Array): [type: string, content: string | Uint8Array] {
  if (typeof said === "string") return ["text/plain", said];
  if (said instanceof Uint8Array) return ["application/octet-stream", said];
  return ["application/json", JSON.stringify(said)];
}

/** The fields of a form, as a browser or an API client sends it. */
export async function formOf({ headers, body }: Call): Promise<FormData> {
  const type = headers["content-type"] ?? "";
  return new Response(new Uint8Array(body), { headers: { "content-type": type } }).formData();
}
