import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { GetObjectCommandOutput } from "@aws-sdk/client-s3";
import { NotFoundError, RangeNotSatisfiableError, type GhostError } from "../errors.ts";
import type { NextFunction, Request, RequestHandler, Response } from "express";
import send from "send";
import { discard, resumable, spanOf } from "./body.ts";
import { statusOf } from "../store/failure.ts";
import type { CachedObject, ImageSizes } from "./image-sizes.ts";
import type { Keys } from "../paths/keys.ts";
import type { LocalFiles } from "./local-files.ts";
import { conditionsOf } from "./request-conditions.ts";
import type { Store } from "../store/store.ts";

export interface ServeParts {
  readonly store: Store;
  readonly keys: Keys;
  readonly sizes: ImageSizes;
  readonly local: LocalFiles | undefined;
  readonly prefix: string;
  readonly redirect: boolean;
  readonly originHeader: string;
}

/** Whatever a stored file turns out to be, it runs nothing when it is opened on the site's own host. */
const CONTENT_SECURITY_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

/** What runs nothing, and what Chrome refuses to show or play by itself under such a policy. */
const SHOWN_BY_BROWSER = /^(?:audio|video)\/|^application\/pdf$/;

/** A redirect that a CDN or browser keeps for ever would outlive the configuration. */
const REDIRECT_CACHE_CONTROL = "public, max-age=300";

/**
 * The handler that Ghost mounts at `/content/<feature>`: old local URLs, blogs without a CDN host, and the CDN's second
 * origin come by here. It streams; behind a CDN a redirect to the CDN would lead in a circle.
 */
export function serveFrom(parts: ServeParts): RequestHandler {
  return async (request, response, next) => {
    if (request.method !== "GET" && request.method !== "HEAD") return next();
    let path: string;
    try {
      path = parts.keys.path(decodeURIComponent(request.path.replace(/^\/+/, "")));
      parts.keys.key(path);
    } catch {
      return next(notFound(request.path));
    }
    try {
      if (parts.keys.isPrivate(path)) return next(notFound(path));
      if (shouldRedirect(parts, request, path)) return redirect(response, parts.keys.url(path));
      const cached = request.headers.range ? undefined : parts.sizes.cached(path);
      if (cached) return answerFromMemory(cached, request, response);
      return await answerFromStore(parts, path, request, response, next);
    } catch (error) {
      if (response.headersSent || response.destroyed) response.destroy();
      else next(parts.store.failed(error, { operation: "GetObject", key: path, effect: "The file was not sent." }));
    }
  };
}

function shouldRedirect({ redirect: wanted, originHeader }: ServeParts, request: Request, path: string): boolean {
  if (!wanted || path.startsWith("size/")) return false;
  const fromCdn = request.headers[originHeader] ?? request.headers["x-amz-cf-id"] ?? request.headers["cdn-loop"];
  return fromCdn === undefined;
}

function redirect(response: Response, url: string): void {
  response.set("Cache-Control", REDIRECT_CACHE_CONTROL);
  response.redirect(302, url);
}

function answerFromMemory(object: CachedObject, request: Request, response: Response): void {
  setHeaders(response, object);
  if (request.fresh) {
    response.status(304).end();
    return;
  }
  response.set("Content-Length", String(object.bytes.length));
  response.end(request.method === "HEAD" ? undefined : object.bytes);
}

async function answerFromStore(
  parts: ServeParts,
  path: string,
  request: Request,
  response: Response,
  next: NextFunction,
): Promise<void> {
  const { store, keys, local } = parts;
  const key = keys.key(path);
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  const isHead = request.method === "HEAD";
  // A range is for GET only (RFC 9110, 14.2).
  const headers = isHead ? { ...request.headers, range: undefined } : request.headers;
  const conditions = { ...conditionsOf(headers), signal: gone.signal };
  try {
    const answer = isHead ? await store.head(key, conditions) : await getWithIfRange(store, key, conditions);
    if (!answer) {
      parts.sizes.missing(path);
      const file = await local?.find(path);
      return file ? sendLocal(file, parts, request, response, next) : next(notFound(path));
    }
    setHeaders(response, {
      contentType: answer.ContentType,
      cacheControl: answer.CacheControl,
      contentDisposition: answer.ContentDisposition,
      etag: answer.ETag,
      modified: answer.LastModified,
    });
    const length = answer.ContentLength;
    if (length === undefined) throw new Error(`The object store did not tell the length of ${key}.`);
    response.set("Content-Length", String(length));
    if (answer.ContentRange) response.status(206).set("Content-Range", answer.ContentRange);
    if (isHead || length === 0) {
      if ("Body" in answer) discard(answer);
      response.end();
      return;
    }
    const span = spanOf(answer.ContentRange, length);
    await pipeline(Readable.from(resumable(store, key, answer, span, gone.signal), { objectMode: false }), response);
  } catch (error) {
    // The reader has gone: nobody is left to tell.
    if (gone.signal.aborted) return;
    answerCondition(error, response, next);
  }
}

/** S3 does not know If-Range: the range is asked for on its condition, and the whole when that does not hold. */
async function getWithIfRange(
  store: Store,
  key: string,
  conditions: ReturnType<typeof conditionsOf>,
): ReturnType<Store["get"]> {
  try {
    const answer = await store.get(key, conditions);
    if (!answer || !conditions.ifRange || isThatVersion(answer, conditions)) return answer;
    // Some stores do not know the condition either.
    discard(answer);
  } catch (error) {
    if (!conditions.ifRange || statusOf(error) !== 412) throw error;
  }
  const { range: _range, ifMatch: _ifMatch, ifUnmodifiedSince: _since, ...whole } = conditions;
  return store.get(key, whole);
}

function isThatVersion(
  { ETag, LastModified }: GetObjectCommandOutput,
  { ifMatch, ifUnmodifiedSince }: ReturnType<typeof conditionsOf>,
): boolean {
  return ifMatch ? ETag === ifMatch : !(LastModified && ifUnmodifiedSince && LastModified > ifUnmodifiedSince);
}

/** Answers of the store that are no failures. */
function answerCondition(error: unknown, response: Response, next: NextFunction): void {
  const status = statusOf(error);
  if (status === 304 || status === 412) {
    const headers = (error as { $response?: { headers?: Record<string, string> } }).$response?.headers ?? {};
    for (const name of ["etag", "cache-control"]) if (headers[name]) response.set(name, headers[name]);
    response.status(status).end();
    return;
  }
  if (status !== 416) throw error;
  const size = (error as { ActualObjectSize?: string }).ActualObjectSize;
  if (size) response.set("Content-Range", `bytes */${size}`);
  next(new RangeNotSatisfiableError({ err: error as Error, message: "The requested range is not satisfiable." }));
}

interface Described {
  readonly contentType: string | undefined;
  readonly cacheControl: string | undefined;
  readonly contentDisposition: string | undefined;
  readonly etag: string | undefined;
  readonly modified: Date | undefined;
}

function setHeaders(response: Response, object: Described): void {
  // Ghost has set the type already when it made another format of an image.
  if (object.contentType && !response.get("Content-Type")) response.setHeader("Content-Type", object.contentType);
  if (object.cacheControl) response.set("Cache-Control", object.cacheControl);
  if (object.contentDisposition) response.set("Content-Disposition", object.contentDisposition);
  if (object.etag) response.set("ETag", object.etag);
  if (object.modified) response.set("Last-Modified", object.modified.toUTCString());
  response.set("Accept-Ranges", "bytes");
  protect(response);
}

function protect(response: Response): void {
  response.set("X-Content-Type-Options", "nosniff");
  if (!SHOWN_BY_BROWSER.test(response.get("Content-Type") ?? "")) {
    response.set("Content-Security-Policy", CONTENT_SECURITY_POLICY);
  }
}

function sendLocal(
  file: Awaited<ReturnType<LocalFiles["find"]>> & object,
  { prefix }: ServeParts,
  request: Request,
  response: Response,
  next: NextFunction,
): void {
  response.set("Cache-Control", REDIRECT_CACHE_CONTROL);
  response.setHeader("Content-Type", file.presentation.contentType);
  protect(response);
  if (file.presentation.contentDisposition) response.set("Content-Disposition", file.presentation.contentDisposition);
  send(request, file.path, { cacheControl: false, dotfiles: "deny" })
    .on("error", (error: Error & { status?: number }) =>
      next(error.status === 416 ? new RangeNotSatisfiableError({ err: error }) : notFound(`${prefix}${request.path}`)),
    )
    .pipe(response);
}

const notFound = (path: string): GhostError =>
  new NotFoundError({ message: "File not found", code: "STATIC_FILE_NOT_FOUND", property: path });
