import { once } from "node:events";
import { Agent, createServer, request, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { operationOf, type Operation } from "../network/operation.ts";

/** What happens to a request: it passes, the store does it and nobody is told, or it is refused in the store's name. */
export type Deed = "pass" | "lose the answer" | { status: number; code: string };

export interface Interference {
  url: string;
  /** Requests so far, in their order. */
  seen: Operation[];
  close(): Promise<void>;
}

/** A proxy that does to each request what `decide` says of its operation. */
export async function interfere(target: string, decide: (operation: Operation) => Deed): Promise<Interference> {
  const { hostname, port } = new URL(target);
  const agent = new Agent({ keepAlive: true });
  const seen: Operation[] = [];

  const answer = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = "GET", url = "/", headers } = incoming;
    const operation = operationOf(method, url, headers);
    seen.push(operation);
    const deed = decide(operation);
    if (typeof deed === "object") {
      incoming.resume();
      const body = `<Error><Code>${deed.code}</Code><Message>${deed.code}</Message></Error>`;
      response.writeHead(deed.status, { "content-type": "application/xml" }).end(method === "HEAD" ? undefined : body);
      return;
    }
    const outgoing = request({ agent, hostname, port, method, path: url, headers });
    incoming.pipe(outgoing);
    incoming.on("close", () => incoming.complete || outgoing.destroy());
    const [stored] = (await once(outgoing, "response")) as [IncomingMessage];
    if (deed === "pass") {
      response.writeHead(stored.statusCode ?? 502, stored.headers);
      stored.pipe(response);
    } else {
      // until the store has answered in full: it has done what was asked
      for await (const _ of stored);
      response.destroy();
    }
  };

  const server = createServer({ keepAliveTimeout: 120_000 }, (incoming, response) => {
    answer(incoming, response).catch(() => response.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    async close() {
      server.closeAllConnections();
      agent.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** Does `deed` to the first `times` requests of an operation. */
export function first(times: number, operation: Operation, deed: Deed): (asked: Operation) => Deed {
  let left = times;
  return (asked) => {
    if (asked !== operation || left === 0) return "pass";
    left -= 1;
    return deed;
  };
}
