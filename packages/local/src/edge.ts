import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { sameObject, notModified, writeCached, writeFailure, writeHead } from "./edge/answer.ts";
import { EdgeCache, freshness, type CachedAnswer } from "./edge/cache.ts";
import {
  bucketOrigin,
  httpOrigin,
  type BucketOriginOptions,
  type Origin,
  type OriginAnswer,
  type OriginRequest,
} from "./edge/origin.ts";
import { closeServer, listen } from "./ports.ts";

/** CloudFront's default origin response timeout. */
const ORIGIN_TIMEOUT_MS = 30_000;

/** The statuses on which CloudFront may ask the second member of an origin group. */
const FAILOVER = new Set([403, 404, 500, 502, 503, 504]);

export interface EdgeOptions {
  bucket: BucketOriginOptions;
  /** Base URL of the second origin; without one, the bucket's answer stands. */
  secondOrigin?: string;
  /** Headers sent to the second origin only, such as a secret by which it knows the CDN. */
  originHeaders?: Record<string, string>;
  /** 0 picks a free one. */
  port?: number;
  /** Bytes of answers kept in memory. */
  cacheBytes?: number;
  originTimeoutMs?: number;
}

export interface Edge {
  url: string;
  /** Requests made so far, by what answered them. */
  counts: { hit: number; bucket: number; second: number };
  /** Forgets all cached answers, as an invalidation of everything does. */
  clear(): void;
  close(): Promise<void>;
}

/**
 * A CDN edge on this machine: CloudFront with an origin group, the bucket first and Ghost second,
 * a cache that obeys Cache-Control, and a response headers policy.
 */
export async function startEdge(options: EdgeOptions): Promise<Edge> {
  const { port = 0, cacheBytes = 64 * 1024 * 1024, originTimeoutMs = ORIGIN_TIMEOUT_MS } = options;
  const origins = [bucketOrigin(options.bucket)];
  if (options.secondOrigin) origins.push(httpOrigin(options.secondOrigin, options.originHeaders));
  const distribution = new Distribution(origins, new EdgeCache(cacheBytes), originTimeoutMs);
  const server = createServer((request, response) => void distribution.serve(request, response));
  const opened = await listen(server, { port, purpose: "CDN edge", option: "--cdn-port" });
  return {
    url: `http://localhost:${opened}`,
    counts: distribution.counts,
    clear: () => distribution.cache.clear(),
    async close() {
      await closeServer(server);
      for (const origin of origins) origin.close();
    },
  };
}

class Distribution {
  readonly counts = { hit: 0, bucket: 0, second: 0 };
  private readonly origins: Origin[];
  readonly cache: EdgeCache;
  private readonly timeoutMs: number;

  constructor(origins: Origin[], cache: EdgeCache, timeoutMs: number) {
    this.origins = origins;
    this.cache = cache;
    this.timeoutMs = timeoutMs;
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url: path = "/" } = request;
    if (method !== "GET" && method !== "HEAD") {
      return writeFailure(response, 405, "This host serves GET and HEAD.");
    }
    if (!path.startsWith("/")) return writeFailure(response, 400, "The request names no path.");
    const gone = new AbortController();
    response.on("close", () => gone.abort());
    try {
      const cached = await this.cache.find(path);
      if (cached) {
        this.counts.hit += 1;
        return writeCached(request, response, cached, "Hit");
      }
      await this.miss(method, path, request, response, gone.signal);
    } catch (error) {
      if (gone.signal.aborted) return;
      const late = error instanceof Error && error.name === "TimeoutError";
      writeFailure(response, late ? 504 : 502, `No origin answered: ${(error as Error).message}`);
    }
  }

  private async miss(
    method: "GET" | "HEAD",
    path: string,
    request: IncomingMessage,
    response: ServerResponse,
    gone: AbortSignal,
  ): Promise<void> {
    const { range } = request.headers;
    const whole = method === "GET" && !range;
    const publish = whole ? this.cache.announce(path) : undefined;
    let kept: CachedAnswer | undefined;
    try {
      let answer = await this.fetch({ method, path, range, signal: gone });
      if (answer.status === 206 && !sameObject(request, answer.headers)) {
        answer.body?.destroy();
        answer = await this.fetch({ method, path, range: undefined, signal: gone });
      }
      if (whole && this.cacheable(answer)) {
        kept = await receive(answer);
        this.cache.set(path, kept);
      } else {
        // nobody has to wait for what is only for this visitor
        publish?.("private");
        await pass(request, response, answer);
      }
    } finally {
      publish?.(kept ?? "abandoned");
    }
    if (kept) writeCached(request, response, kept, "Miss");
  }

  private cacheable({ status, headers }: OriginAnswer): boolean {
    const size = Number(headers["content-length"] ?? Infinity);
    return status === 200 && size <= this.cache.largest && freshness(headers) > 0;
  }

  /** The first origin that has an answer; the last one's stands whatever it is. */
  private async fetch(request: OriginRequest): Promise<OriginAnswer> {
    const last = this.origins.at(-1);
    for (const origin of this.origins) {
      this.counts[origin.name === "bucket" ? "bucket" : "second"] += 1;
      try {
        const answer = await this.withDeadline(origin, request);
        if (origin === last || !FAILOVER.has(answer.status)) return answer;
        answer.body?.destroy();
      } catch (error) {
        if (origin === last || request.signal.aborted) throw error;
      }
    }
    throw new Error("There is no origin.");
  }

  /** The deadline is for the first byte and for each pause, not for the whole: a video may take its time. */
  private async withDeadline(origin: Origin, request: OriginRequest): Promise<OriginAnswer> {
    const late = new AbortController();
    const expire = () => late.abort(new DOMException(`${origin.name} origin timed out`, "TimeoutError"));
    const timer = setTimeout(expire, this.timeoutMs);
    const signal = AbortSignal.any([request.signal, late.signal]);
    try {
      const answer = await origin.fetch({ ...request, signal });
      guard(answer.body, timer, signal);
      return answer;
    } catch (error) {
      clearTimeout(timer);
      throw late.signal.aborted ? late.signal.reason : error;
    }
  }
}

function guard(body: Readable | undefined, timer: NodeJS.Timeout, signal: AbortSignal): void {
  if (!body) {
    clearTimeout(timer);
    return;
  }
  body.on("data", () => timer.refresh());
  // the listener above set it going; it waits for its reader
  body.pause();
  const stop = () => body.destroy(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  body.on("close", () => {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  });
}

async function receive({ headers, body }: OriginAnswer): Promise<CachedAnswer> {
  const chunks: Buffer[] = [];
  for await (const chunk of body ?? []) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  if (bytes.byteLength !== Number(headers["content-length"])) throw new Error("the origin's answer broke off");
  return { headers, body: bytes, storedAt: Date.now() };
}

async function pass(request: IncomingMessage, response: ServerResponse, answer: OriginAnswer): Promise<void> {
  const { status, headers, body } = answer;
  if (status === 200 && notModified(request, headers)) {
    body?.destroy();
    const { "content-length": _length, ...rest } = headers;
    writeHead(response, 304, rest, "Miss");
    response.end();
    return;
  }
  writeHead(response, status, headers, "Miss");
  if (!body || request.method === "HEAD") {
    body?.resume();
    response.end();
    return;
  }
  await pipeline(body, response);
}
