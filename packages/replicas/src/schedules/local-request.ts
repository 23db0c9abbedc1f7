import { request } from "node:http";

/** Publishing a post with a newsletter writes a row for the e-mail and asks for its size; it takes seconds at most. */
const DEADLINE_MS = 30_000;

const WILDCARDS: ReadonlySet<unknown> = new Set([undefined, null, "", "0.0.0.0", "::"]);

export interface LocalServer {
  readonly host: string;
  readonly port: number;
}

/** Where the Ghost of this process listens, by its own configuration. */
export function localServer(config: { get(key: string): unknown }): LocalServer {
  const host = config.get("server:host");
  return { host: WILDCARDS.has(host) ? "127.0.0.1" : String(host), port: Number(config.get("server:port")) };
}

/**
 * Makes a request that is meant for the blog's public address at the Ghost of this process: the way over DNS and load
 * balancer may be closed, and may end at another replica.
 * @returns the status
 */
export function requestLocally(server: LocalServer, url: string, method: string, body: object): Promise<number> {
  const { host, protocol, pathname, search } = new URL(url);
  const content = JSON.stringify(body);
  const options = {
    host: server.host,
    port: server.port,
    method,
    path: pathname + search,
    headers: {
      Host: host,
      "X-Forwarded-Proto": protocol.slice(0, -1),
      "Content-Type": "application/json",
      "Content-Length": Buffer.byteLength(content),
    },
    signal: AbortSignal.timeout(DEADLINE_MS),
  };
  return new Promise((resolve, reject) => {
    request(options, (response) => {
      response.on("error", reject).on("end", () => resolve(response.statusCode ?? 0));
      response.resume();
    })
      .on("error", reject)
      .end(content);
  });
}
