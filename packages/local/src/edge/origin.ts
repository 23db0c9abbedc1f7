import { request as requestHttp, Agent as HttpAgent } from "node:http";
import { request as requestHttps, Agent as HttpsAgent } from "node:https";
import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import { GetObjectCommand, HeadObjectCommand, S3Client, S3ServiceException } from "@aws-sdk/client-s3";

export interface OriginRequest {
  method: "GET" | "HEAD";
  /** Path and query, as the visitor sent them. */
  path: string;
  range: string | undefined;
  signal: AbortSignal;
}

export interface OriginAnswer {
  status: number;
  /** Names in lower case. */
  headers: Record<string, string>;
  body: Readable | undefined;
}

export interface Origin {
  name: string;
  fetch(request: OriginRequest): Promise<OriginAnswer>;
  close(): void;
}

export interface BucketOriginOptions {
  name: string;
  endpoint?: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
}

/** A bucket that answers only signed requests, as CloudFront reads one with origin access control. */
export function bucketOrigin({ name, endpoint, region, ...credentials }: BucketOriginOptions): Origin {
  const s3 = new S3Client({
    region,
    credentials,
    forcePathStyle: true,
    // the origin group's second member is the retry
    maxAttempts: 1,
    ...(endpoint && { endpoint }),
  });
  return {
    name: "bucket",
    async fetch({ method, path, range, signal }) {
      const key = keyOf(path);
      if (key === undefined) return { status: 404, headers: {}, body: undefined };
      const input = { Bucket: name, Key: key, ...(range && { Range: range }) };
      try {
        if (method === "HEAD") {
          const answer = await s3.send(new HeadObjectCommand(input), { abortSignal: signal });
          return { status: answer.$metadata.httpStatusCode ?? 200, headers: objectHeaders(answer), body: undefined };
        }
        const answer = await s3.send(new GetObjectCommand(input), { abortSignal: signal });
        const body = answer.Body as Readable | undefined;
        return { status: answer.$metadata.httpStatusCode ?? 200, headers: objectHeaders(answer), body };
      } catch (error) {
        if (!(error instanceof S3ServiceException) || !error.$response) throw error;
        return { status: error.$response.statusCode, headers: {}, body: undefined };
      }
    },
    close: () => s3.destroy(),
  };
}

function keyOf(path: string): string | undefined {
  try {
    return decodeURIComponent(path.replace(/[?#].*$/s, "").slice(1)) || undefined;
  } catch {
    return undefined;
  }
}

interface ObjectFields {
  AcceptRanges?: string | undefined;
  CacheControl?: string | undefined;
  ContentDisposition?: string | undefined;
  ContentEncoding?: string | undefined;
  ContentLanguage?: string | undefined;
  ContentLength?: number | undefined;
  ContentRange?: string | undefined;
  ContentType?: string | undefined;
  ETag?: string | undefined;
  LastModified?: Date | undefined;
  Metadata?: Record<string, string> | undefined;
}

function objectHeaders(object: ObjectFields): Record<string, string> {
  const headers: Record<string, string | undefined> = {
    "accept-ranges": object.AcceptRanges,
    "cache-control": object.CacheControl,
    "content-disposition": object.ContentDisposition,
    "content-encoding": object.ContentEncoding,
    "content-language": object.ContentLanguage,
    "content-length": object.ContentLength?.toString(),
    "content-range": object.ContentRange,
    "content-type": object.ContentType,
    etag: object.ETag,
    "last-modified": object.LastModified?.toUTCString(),
  };
  for (const [name, value] of Object.entries(object.Metadata ?? {})) headers[`x-amz-meta-${name}`] = value;
  return Object.fromEntries(
    Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/** Any HTTP server, asked for the same path, with headers by which it can know who asks. */
export function httpOrigin(base: string, extraHeaders: Record<string, string> = {}): Origin {
  const { protocol, origin } = new URL(base);
  const secure = protocol === "https:";
  const agent = secure ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true });
  const send = secure ? requestHttps : requestHttp;
  return {
    name: "second",
    async fetch({ method, path, range, signal }) {
      const headers = {
        "user-agent": "Amazon CloudFront",
        via: "1.1 edge (CloudFront)",
        ...(range && { range }),
        ...extraHeaders,
      };
      const answer = await new Promise<IncomingMessage>((resolve, reject) => {
        send(`${origin}${path}`, { method, headers, agent, signal }, resolve).on("error", reject).end();
      });
      return { status: answer.statusCode ?? 502, headers: endToEnd(answer), body: answer };
    },
    close: () => agent.destroy(),
  };
}

/** https://www.rfc-editor.org/rfc/rfc9110#name-connection; cookies do not belong on an asset host. */
const NOT_PASSED_ON = new Set([
  "connection",
  "keep-alive",
  "set-cookie",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

function endToEnd(answer: IncomingMessage): Record<string, string> {
  const entries = Object.entries(answer.headers).filter(([name]) => !NOT_PASSED_ON.has(name));
  return Object.fromEntries(
    entries.map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : (value ?? "")]),
  );
}
