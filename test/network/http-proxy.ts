import { once } from "node:events";
import { Agent, createServer, request, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { pipeline } from "node:stream";
import { operationOf, type Operation } from "./operation.ts";
import { ArmedStatus, type StatusFault } from "./status-fault.ts";

export interface HttpProxyOptions {
  /** Where requests go: the URL of an S3 store, or of another proxy. */
  target: string;
}

export interface HttpProxyStats {
  /** Connections from clients that are open now, and since the start. */
  open: number;
  total: number;
  /** Requests since the start or the last `reset`. */
  requests: number;
  methods: Record<string, number>;
  operations: Partial<Record<Operation, number>>;
  /** Requests that were answered by a fault and never reached the store. */
  refused: number;
}

export interface HttpProxy {
  port: number;
  url: string;
  /** Sets the fault for all requests from now on; `undefined` lifts it. */
  set(fault: StatusFault | undefined): void;
  stats(): HttpProxyStats;
  /** Forgets the requests counted so far. */
  reset(): void;
  close(): Promise<void>;
}

/** These concern one connection and are set anew on the next (RFC 9110, 7.6.1); Expect is answered by this server. */
const HOP_BY_HOP = new Set(["connection", "keep-alive", "proxy-connection", "expect"]);

/** Longer than any client here keeps an idle connection, so that it is never the proxy that closes first. */
const KEEP_ALIVE_MS = 120_000;

/** An HTTP proxy on loopback that counts S3 requests by operation and can answer some of them with an error. */
export async function startHttpProxy(options: HttpProxyOptions): Promise<HttpProxy> {
  const target = new URL(options.target);
  const agent = new Agent({ keepAlive: true });
  const sockets = new Set<Socket>();
  let total = 0;
  let counts = emptyCounts();
  let fault: ArmedStatus | undefined;

  const answer = (incoming: IncomingMessage, response: ServerResponse): void => {
    const { method = "GET", url = "/" } = incoming;
    const operation = operationOf(method, url, incoming.headers);
    counts.requests += 1;
    counts.methods[method] = (counts.methods[method] ?? 0) + 1;
    counts.operations[operation] = (counts.operations[operation] ?? 0) + 1;
    if (fault?.strike(method, url)) {
      counts.refused += 1;
      refuse(incoming, response, fault);
      return;
    }
    if (incoming.headers.expect !== undefined) response.writeContinue();
    forward(incoming, response, target, agent);
  };

  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: 0, noDelay: true }, answer);
  server.on("checkContinue", answer);
  server.on("connection", (socket) => {
    total += 1;
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;

  return {
    port,
    url: `http://127.0.0.1:${port}`,
    set: (next) => (fault = next && new ArmedStatus(next)),
    stats: () => ({ open: sockets.size, total, ...structuredClone(counts) }),
    reset: () => (counts = emptyCounts()),
    async close() {
      server.close();
      const closing = [...sockets].map((socket) => once(socket, "close"));
      for (const socket of sockets) socket.destroy();
      agent.destroy();
      await Promise.all(closing);
    },
  };
}

function emptyCounts(): Omit<HttpProxyStats, "open" | "total"> {
  return { requests: 0, methods: {}, operations: {}, refused: 0 };
}

function refuse(incoming: IncomingMessage, response: ServerResponse, fault: ArmedStatus): void {
  const { body, status } = fault;
  response.writeHead(status, { "Content-Type": "application/xml", "Content-Length": Buffer.byteLength(body) });
  response.end(incoming.method === "HEAD" ? undefined : body);
  incoming.resume();
}

/** Streams both ways. The Host header goes on as it came: it is part of the client's signature. */
function forward(incoming: IncomingMessage, response: ServerResponse, target: URL, agent: Agent): void {
  const outgoing = request({
    agent,
    host: target.hostname,
    port: target.port || 80,
    method: incoming.method,
    path: incoming.url,
    setHost: false,
    headers: endToEnd(incoming.rawHeaders),
  });
  outgoing.on("response", (answered) => {
    response.writeHead(answered.statusCode ?? 502, answered.statusMessage, endToEnd(answered.rawHeaders));
    pipeline(answered, response, () => undefined);
  });
  // A client that went away takes its request to the store along, and a store that hangs up its client.
  outgoing.on("error", () => response.destroy());
  response.on("close", () => {
    if (!response.writableFinished) outgoing.destroy();
  });
  pipeline(incoming, outgoing, () => undefined);
}

/** Drops the headers of one connection from Node's flat list of names and values. */
function endToEnd(raw: string[]): string[] {
  const kept: string[] = [];
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index]!;
    if (!HOP_BY_HOP.has(name.toLowerCase())) kept.push(name, raw[index + 1]!);
  }
  return kept;
}
