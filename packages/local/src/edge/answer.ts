import type { ServerResponse, IncomingMessage } from "node:http";
import parseRange from "range-parser";
import type { CachedAnswer } from "./cache.ts";

/** What a response headers policy adds to every answer, as docs/cloudfront.yaml has it. */
const POLICY = {
  "access-control-allow-origin": "*",
  "x-content-type-options": "nosniff",
};

export function writeHead(
  response: ServerResponse,
  status: number,
  headers: Record<string, string>,
  cache: "Hit" | "Miss",
): void {
  response.writeHead(status, { ...headers, ...POLICY, via: "1.1 edge (CloudFront)", "x-cache": `${cache} from edge` });
}

/** Says why there is no answer from any origin. */
export function writeFailure(response: ServerResponse, status: 400 | 405 | 502 | 504, text: string): void {
  if (response.headersSent) {
    // half an answer must not pass for a whole one
    response.destroy();
    return;
  }
  const headers = { "cache-control": "no-store", "content-type": "text/plain; charset=utf-8" };
  writeHead(response, status, { ...headers, ...(status === 405 && { allow: "GET, HEAD" }) }, "Miss");
  response.end(`${text}\n`);
}

/** Answers from memory: whole, a part, or "you have it". */
export function writeCached(
  request: IncomingMessage,
  response: ServerResponse,
  { headers, body, storedAt }: CachedAnswer,
  cache: "Hit" | "Miss",
): void {
  const age = { age: String(Math.floor((Date.now() - storedAt) / 1000)) };
  if (notModified(request, headers)) {
    const { "content-length": _length, ...rest } = headers;
    writeHead(response, 304, { ...rest, ...age }, cache);
    response.end();
    return;
  }
  const part = wantedPart(request, headers, body.byteLength);
  if (part === "unsatisfiable") {
    writeHead(response, 416, { "content-range": `bytes */${body.byteLength}`, ...age }, cache);
    response.end();
    return;
  }
  const bytes = part ? body.subarray(part.start, part.end + 1) : body;
  const extra = part && { "content-range": `bytes ${part.start}-${part.end}/${body.byteLength}` };
  const length = { "content-length": String(bytes.byteLength), "accept-ranges": "bytes" };
  writeHead(response, part ? 206 : 200, { ...headers, ...length, ...extra, ...age }, cache);
  response.end(request.method === "HEAD" ? undefined : bytes);
}

/** https://www.rfc-editor.org/rfc/rfc9110#name-precedence-of-preconditions */
export function notModified(request: IncomingMessage, headers: Record<string, string>): boolean {
  const tags = request.headers["if-none-match"];
  if (tags !== undefined) {
    return (
      tags.trim() === "*" || (headers.etag !== undefined && tags.split(",").map(strong).includes(strong(headers.etag)))
    );
  }
  const since = Date.parse(request.headers["if-modified-since"] ?? "");
  return since >= Date.parse(headers["last-modified"] ?? "");
}

function strong(tag: string): string {
  return tag.trim().replace(/^W\//, "");
}

/** A part is only what the visitor may put together with what it has: the same object, by If-Range. */
export function sameObject(request: IncomingMessage, headers: Record<string, string>): boolean {
  const condition = request.headers["if-range"];
  return condition === undefined || condition === headers.etag || condition === headers["last-modified"];
}

function wantedPart(request: IncomingMessage, headers: Record<string, string>, size: number) {
  const { range } = request.headers;
  if (!range || !sameObject(request, headers)) return undefined;
  const suffix = /^bytes=-(\d+)$/.exec(range);
  if (suffix && Number(suffix[1]) > 0 && size > 0) {
    return { start: Math.max(0, size - Number(suffix[1])), end: size - 1 };
  }
  const parsed = parseRange(size, range);
  if (parsed === -1) return "unsatisfiable";
  if (parsed === -2 || parsed.type !== "bytes" || parsed.length !== 1) return undefined;
  return parsed[0];
}
