import type { Bucket } from "../../commands/bucket.ts";
import type { StoreAccess } from "../../bucket-view.ts";
import type { Sinks } from "../sinks/sinks.ts";
import type { Database } from "./mysql.ts";

/** How the processes are run: by this project's program, or as Ghost's own command line does it. */
export type Mode = "replicas" | "stock";

export interface ConfigOptions {
  mode: Mode;
  /** Where visitors find the blog. */
  url: string;
  port: number;
  healthPort: number;
  content: string;
  database: Database;
  /** Needed by `replicas` only. */
  bucket?: Bucket;
  store?: StoreAccess;
  sinks: Sinks;
  /** More of Ghost's settings, over those of this file. */
  config: object;
  /** More for the block `replicas`. */
  replicaConfig: object;
}

/** Short enough that a newsletter of some thousand has many batches. */
const BATCH_SIZE = 20;

/** Ghost's settings: production, MySQL, and all that it sends goes to the sinks. */
export function configOf(options: ConfigOptions): object {
  const { mode, url, port, content, database, sinks, config } = options;
  const { host, port: databasePort, user, password, name } = database;
  return merge(
    {
      url,
      server: { host: "127.0.0.1", port, shutdownTimeout: 10_000 },
      database: { client: "mysql", connection: { host, port: databasePort, user, password, database: name } },
      paths: { contentPath: content },
      logging: { level: "info", transports: ["stdout"], rotation: { enabled: false } },
      mail: {
        from: "blog@example.com",
        transport: "SMTP",
        options: { host: "127.0.0.1", port: sinks.smtp.port, secure: false, ignoreTLS: true },
      },
      bulkEmail: {
        batchSize: BATCH_SIZE,
        mailgun: { baseUrl: `${sinks.mailgun.url}/v3`, apiKey: "mailgun-key", domain: "mail.example.com" },
      },
      // a code sent by mail would have to be read at each login
      security: { staffDeviceVerification: false, allowWebhookInternalIPs: true },
      privacy: { useTinfoil: true, useStructuredData: true },
      updateCheck: { url: `${sinks.hooks.url}/update-check` },
      explore: { update_url: "" },
      ...sinks.stripe.config,
    },
    mode === "replicas" ? { replicas: replicasBlock(options) } : {},
    config,
  );
}

function replicasBlock({ store, bucket, healthPort, replicaConfig }: ConfigOptions): object {
  if (!store || !bucket) throw new Error("Replicas need a bucket: start the cluster with a MinIO.");
  const { endpoint, region, accessKeyId, secretAccessKey } = store;
  return {
    bucket: bucket.name,
    endpoint,
    region,
    accessKeyId,
    secretAccessKey,
    forcePathStyle: true,
    healthHost: "127.0.0.1",
    healthPort,
    ...replicaConfig,
  };
}

type Tree = Record<string, unknown>;

/** The later object wins, key by key; lists are replaced. */
export function merge(...trees: object[]): object {
  const merged: Tree = {};
  for (const [key, value] of trees.flatMap((tree) => Object.entries(tree))) {
    const there = merged[key];
    merged[key] = isTree(there) && isTree(value) ? merge(there, value) : value;
  }
  return merged;
}

function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
