import S3Error from "@20minutes/s3rver/lib/models/error.js";
import type { Context, Middleware } from "@20minutes/s3rver";
import type S3Object from "@20minutes/s3rver/lib/models/object.js";
import parseRange from "range-parser";
import type { BucketStore } from "./store.ts";

/** The bucket and key that a path-style request names. */
export function keyOf(context: Context): { bucket: string; key: string } {
  const [bucket = "", ...segments] = context.path.slice(1).split("/");
  try {
    return { bucket, key: segments.map(decodeURIComponent).join("/") };
  } catch {
    throw new S3Error("InvalidURI", "Couldn't parse the specified URI.");
  }
}

/** What S3 refuses and s3rver lets through: unsigned requests, and keys that a file system would read as a way out. */
export const refuse: Middleware = async (context, next) => {
  const signed = "authorization" in context.headers || "X-Amz-Signature" in context.query;
  if (!signed && context.method !== "OPTIONS") throw new S3Error("AccessDenied", "Access Denied");
  const { key } = keyOf(context);
  if (key.split("/").some((segment) => segment === "." || segment === "..") || key.includes("\0")) {
    throw new S3Error("InvalidURI", "A segment of the key is `.` or `..`, which this server cannot store.");
  }
  try {
    await next();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENAMETOOLONG") throw error;
    throw new S3Error("KeyTooLongError", "A segment of the key is too long for the file system of this server.");
  }
};

/**
 * Suffix ranges (`bytes=-500`), which s3rver reads as the first 500 bytes, and malformed ones, which S3 ignores.
 * Also closes the file of an answer without a body, which s3rver forgets.
 */
export function reads(store: BucketStore): Middleware {
  return async (context, next) => {
    if (context.method !== "GET" && context.method !== "HEAD") return next();
    const opened: S3Object[] = [];
    const view: BucketStore = Object.create(store);
    view.getObject = async (bucket, key) => {
      const size = await store.sizeOf(bucket, key);
      const object = size === undefined ? null : await store.getObject(bucket, key, range(context.headers.range, size));
      if (object) opened.push(object);
      return object;
    };
    context.store = view;
    try {
      await next();
    } finally {
      for (const { content } of opened) if (content !== context.body) content?.destroy();
    }
  };
}

function range(header: string | undefined, size: number): { start?: number; end?: number } {
  if (!header) return {};
  const suffix = /^bytes=-(\d+)$/.exec(header);
  if (suffix) return { start: Math.max(0, size - Number(suffix[1])), end: size - 1 };
  const parsed = parseRange(size, header);
  if (parsed === -1) return { start: size, end: size - 1 };
  const [only] = parsed === -2 || parsed.type !== "bytes" || parsed.length !== 1 ? [] : parsed;
  return only ?? {};
}

/** A copy's source is URL-encoded; s3rver leaves `%23`, `%3F`, `%2B` and others in it as they are. */
export function copySources(store: BucketStore): Middleware {
  return async (context, next) => {
    const header = context.headers["x-amz-copy-source"];
    if (typeof header === "string" && context.method === "PUT" && !("uploadId" in context.query)) {
      const [, bucket = "", key = ""] = /^\/?([^/]+)\/(.*)$/.exec(decodeURIComponent(header)) ?? [];
      const view: BucketStore = Object.create(store);
      view.existsObject = () => store.existsObject(bucket, key);
      view.copyObject = (_bucket, _key, ...target) => store.copyObject(bucket, key, ...target);
      context.store = view;
    }
    await next();
  };
}

/**
 * The SDK signs requests to a bucket as `/bucket/`, s3rver checks them as `/bucket`. Seen as mounted below the
 * bucket, the path comes out as it was signed.
 */
export const bucketPaths: Middleware = async (context, next) => {
  if (/^\/[^/]+\/$/.test(context.path)) {
    context.state.vhost = true;
    context.mountPath = "/";
  }
  await next();
};
