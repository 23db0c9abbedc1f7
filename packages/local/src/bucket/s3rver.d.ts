/** The parts of s3rver that this package builds on; it ships no types. */
declare module "@20minutes/s3rver" {
  import type { RequestListener } from "node:http";

  interface Context {
    method: string;
    path: string;
    mountPath: string | undefined;
    state: Record<string, unknown>;
    params: { bucket: string; key?: string };
    query: Record<string, string | string[] | undefined>;
    headers: import("node:http").IncomingHttpHeaders;
    status: number;
    type: string;
    body: unknown;
    store: import("@20minutes/s3rver/lib/stores/filesystem.js").default;
  }
  type Middleware = (context: Context, next: () => Promise<void>) => Promise<void>;

  interface Options {
    directory?: string;
    silent?: boolean;
    vhostBuckets?: boolean;
    configureBuckets?: { name: string }[];
  }
  export default class S3rver {
    constructor(options: Options);
    /** Koa's chain; what stands first sees a request first. */
    middleware: Middleware[];
    store: Context["store"];
    context: { store: Context["store"] };
    logger: { close(): void };
    configureBuckets(): Promise<unknown>;
    callback(): RequestListener;
  }
  export type { Context, Middleware };
}

declare module "@20minutes/s3rver/lib/middleware/authentication.js" {
  export default function authentication(): import("@20minutes/s3rver").Middleware;
}

declare module "@20minutes/s3rver/lib/models/error.js" {
  export default class S3Error extends Error {
    constructor(code: string, message: string, detail?: Record<string, unknown>);
    code: string;
  }
}

declare module "@20minutes/s3rver/lib/models/object.js" {
  import type { Readable } from "node:stream";
  export type Metadata = Record<string, string | number>;
  export default class S3Object {
    constructor(bucket: string, key: string, content: Readable | Buffer | null, metadata: Metadata);
    bucket: string;
    key: string;
    content: Readable;
    metadata: Metadata;
    range?: { start: number; end: number };
    readonly size: number;
    readonly lastModifiedDate: Date;
  }
}

declare module "@20minutes/s3rver/lib/stores/filesystem.js" {
  import type { Readable } from "node:stream";
  import type S3Object from "@20minutes/s3rver/lib/models/object.js";
  import type { Metadata } from "@20minutes/s3rver/lib/models/object.js";

  export interface Listing {
    delimiter?: string | undefined;
    startAfter?: string | undefined;
    prefix?: string | undefined;
    maxKeys?: number | undefined;
  }
  export interface Stored {
    size: number;
    md5: string;
  }
  export default class FilesystemStore {
    constructor(rootDirectory: string);
    rootDirectory: string;
    getBucket(bucket: string): Promise<object | null>;
    getBucketPath(bucket: string): string;
    getResourcePath(bucket: string, key: string | undefined, resource: string): string;
    getMetadata(bucket: string, key: string): Promise<Metadata>;
    putMetadata(bucket: string, key: string, metadata: Metadata, md5?: string): Promise<void>;
    putContent(path: string, content: Readable): Promise<[size: number, md5: string]>;
    existsObject(bucket: string, key: string): Promise<boolean>;
    getObject(bucket: string, key: string, range?: { start?: number; end?: number }): Promise<S3Object | null>;
    putObject(object: S3Object): Promise<Stored>;
    copyObject(
      sourceBucket: string,
      sourceKey: string,
      bucket: string,
      key: string,
      metadata: Metadata | null,
    ): Promise<Metadata>;
    deleteObject(bucket: string, key: string): Promise<void>;
    listObjects(
      bucket: string,
      options: Listing,
    ): Promise<{ objects: S3Object[]; commonPrefixes: string[]; isTruncated: boolean }>;
    putObjectMultipart(bucket: string, uploadId: string, parts: { number: number; etag: string }[]): Promise<Stored>;
  }
}
