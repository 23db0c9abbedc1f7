import { request, type Agent, type IncomingMessage, type ServerResponse } from "node:http";
import { pipeline } from "node:stream";

/** These concern one connection and are set anew on the next (RFC 9110, 7.6.1). */
const HOP_BY_HOP = new Set(["connection", "keep-alive", "proxy-connection", "expect", "transfer-encoding"]);

export interface Upstream {
  port: number;
  agent?: Agent | undefined;
}

/** What became of a request: the answer's status, or that there was none or half of one. */
export type Outcome = number | "broken" | "client left";

/** Sends a request on as it streams in, and the answer back as it streams in. Tries nothing twice. */
export function forward(
  incoming: IncomingMessage,
  response: ServerResponse,
  { port, agent }: Upstream,
): Promise<Outcome> {
  const outgoing = request({
    host: "127.0.0.1",
    port,
    agent,
    method: incoming.method,
    path: incoming.url,
    headers: { ...kept(incoming), "x-forwarded-proto": "https", "x-forwarded-for": "127.0.0.1" },
  });
  return new Promise((resolve) => {
    const broken = () => {
      resolve("broken");
      if (response.headersSent) response.destroy();
      else response.writeHead(502, { connection: "close" }).end("the replica did not answer\n");
    };
    outgoing.once("error", broken);
    outgoing.once("response", (answer) => {
      answer.once("error", broken);
      response.writeHead(answer.statusCode ?? 0, kept(answer));
      pipeline(answer, response, () => resolve(answer.statusCode ?? 0));
    });
    response.once("close", () => {
      if (response.writableFinished) return;
      // no more than the first outcome counts: after a break this is its consequence
      resolve("client left");
      outgoing.off("error", broken).on("error", () => {});
      outgoing.destroy();
    });
    pipeline(incoming, outgoing, () => {});
  });
}

function kept({ headers }: IncomingMessage): IncomingMessage["headers"] {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.has(name)));
}
