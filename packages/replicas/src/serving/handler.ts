import type { IncomingMessage, ServerResponse } from "node:http";

/** Answers a request, or hands it on to Ghost. */
export type Handler = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

/** Does something at the last moment at which headers can be changed. Of several, the one that was asked last is first. */
export function beforeHeaders(response: ServerResponse, work: () => void): void {
  const writeHead = response.writeHead as (...args: unknown[]) => ServerResponse;
  let done = false;
  response.writeHead = (...args: unknown[]) => {
    if (!done) {
      done = true;
      const [status] = args;
      if (typeof status === "number") response.statusCode = status;
      const headers = args.findIndex((arg) => typeof arg === "object" && arg !== null && !Array.isArray(arg));
      // as headers of their own, so that they can be changed
      if (headers > 0)
        for (const [name, value] of Object.entries(args.splice(headers, 1)[0] as HeaderValues)) {
          if (value !== undefined) response.setHeader(name, value);
        }
      work();
    }
    return writeHead.apply(response, args);
  };
}

type HeaderValues = Record<string, string | number | readonly string[] | undefined>;

/** Path below the blog's own, decoded; undefined where it lies outside or is malformed. */
export function pathBelow(base: string, url: string | undefined): { path: string; query: URLSearchParams } | undefined {
  const [path = "", query = ""] = (url ?? "").split("?", 2);
  if (!path.startsWith(`${base}/`)) return undefined;
  try {
    return { path: decodeURIComponent(path.slice(base.length + 1)), query: new URLSearchParams(query) };
  } catch (error) {
    // Ghost has its own answer to a malformed URL
    if (error instanceof URIError) return undefined;
    throw error;
  }
}
