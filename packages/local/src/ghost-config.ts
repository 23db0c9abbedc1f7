import { join } from "node:path";
import type { Bucket } from "./bucket.ts";
import { LOOPBACK } from "./ports.ts";

/** Which storage adapter Ghost uses: this project's, or the one that comes with Ghost. */
export type AdapterName = "stateless-ghost" | "S3Storage";

export interface GhostConfigOptions {
  /** Where visitors find the blog. */
  url: string;
  port: number;
  /** Where visitors find images, media and files. */
  cdnUrl: string;
  /** Folder that everything of this Ghost lies in. */
  directory: string;
  storage: object;
}

/** Where things lie below the folder of a Ghost. */
export function ghostPaths(directory: string) {
  return {
    content: join(directory, "content"),
    adapters: join(directory, "adapters"),
    database: join(directory, "ghost.db"),
    temporary: join(directory, "tmp"),
    config: join(directory, "config.production.json"),
    log: join(directory, "ghost.log"),
  };
}

/** Ghost's settings: production, SQLite, uploads on the CDN, and nothing sent beyond this machine. */
export function ghostConfig({ url, port, cdnUrl, directory, storage }: GhostConfigOptions): object {
  const paths = ghostPaths(directory);
  return {
    url,
    // a visitor's open connection must not hold up a Ctrl-C
    server: { host: LOOPBACK, port, shutdownTimeout: 2000 },
    database: { client: "better-sqlite3", connection: { filename: paths.database } },
    paths: { contentPath: paths.content, installedAdaptersPath: paths.adapters },
    storage,
    urls: { image: cdnUrl, media: cdnUrl, files: cdnUrl },
    logging: { level: "info", transports: ["stdout"], rotation: { enabled: false } },
    mail: { transport: "stub", from: "ghost@localhost.local" },
    sendWelcomeEmail: false,
    // no mail leaves this machine, so that a code sent by mail could never be read
    security: { staffDeviceVerification: false },
    privacy: { useTinfoil: true, useStructuredData: true },
    // Ghost has no switch for it; its own 404 means "nothing new"
    updateCheck: { url: `http://${LOOPBACK}:${port}/no-update-check/` },
    explore: { update_url: "" },
  };
}

/** Ghost's `storage` block for one adapter that keeps all three kinds of uploads in one bucket. */
export function storageConfig(adapter: AdapterName, bucket: Bucket, cdnUrl: string, more: object = {}): object {
  const options = {
    bucket: bucket.name,
    endpoint: bucket.endpoint,
    region: bucket.region,
    forcePathStyle: true,
    accessKeyId: bucket.accessKeyId,
    secretAccessKey: bucket.secretAccessKey,
    cdnUrl,
    ...more,
  };
  if (adapter === "stateless-ghost") {
    return {
      active: "stateless-ghost/images",
      "stateless-ghost/images": options,
      media: { adapter: "stateless-ghost/media", ...options },
      files: { adapter: "stateless-ghost/files", ...options },
    };
  }
  const multipart = { multipartUploadThresholdBytes: 10_485_760, multipartChunkSizeBytes: 10_485_760 };
  const feature = (name: string) => ({ ...options, ...multipart, staticFileURLPrefix: `content/${name}` });
  return {
    active: "S3Storage",
    S3Storage: feature("images"),
    media: { adapter: "S3Storage", ...feature("media") },
    files: { adapter: "S3Storage", ...feature("files") },
  };
}
