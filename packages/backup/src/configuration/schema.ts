import { z } from "zod";

const MiB = 1024 * 1024;
const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** Smallest part S3 takes. @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const MIN_PART_BYTES = 5 * MiB;

export interface KeyMeta {
  /** For the reader of the README. */
  readonly description: string;
  /** What would be right, for the reader of an error. */
  readonly expects: string;
  /** The variable that sets it. */
  readonly env?: string;
  readonly secret?: boolean;
  /** Shown in the README where the default is not a plain value. */
  readonly defaultText?: string;
}

/** The README's table has no column for variables: the description ends with its name. */
function key<T extends z.ZodType>(schema: T, meta: KeyMeta): T {
  const description = meta.env ? `${meta.description} Variable: \`${meta.env}\`.` : meta.description;
  return schema.meta({ ...meta, description }) as T;
}

const text = z.string().min(1);
const trimSlashes = (value: string): string => value.replace(/^\/+|\/+$/g, "");
const httpUrl = z.url({ protocol: /^https?$/ });
const port = z.int().min(1).max(65_535);

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
const BUCKET_NAME = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/** Becomes a folder in the bucket and a label of metrics. */
const SERVER_NAME = /^[a-zA-Z0-9][a-zA-Z0-9._-]{0,62}$/;

/** @see https://github.com/C2SP/C2SP/blob/main/age.md#the-x25519-recipient-type */
const RECIPIENT = /^age1[a-z0-9]{58,}$/;

const account = {
  host: key(text, { description: "Host of the server.", expects: 'a host, as in "mysql"' }),
  port: key(port.default(3306), { description: "Port of the server.", expects: "a port from 1 to 65535" }),
  user: key(text, { description: "Account.", expects: 'an account, as in "backup"' }),
  password: key(z.string().optional(), {
    description: "Its password.",
    expects: "the account's password, or passwordFile",
    secret: true,
    defaultText: "none",
  }),
  passwordFile: key(text.optional(), {
    description: "File that holds the password, as Kubernetes mounts secrets.",
    expects: "a file that can be read",
    defaultText: "none",
  }),
  tls: key(z.enum(["off", "preferred", "required", "verify"]).default("preferred"), {
    description: "`verify` also checks certificate and host name.",
    expects: '"off", "preferred", "required" or "verify"',
  }),
  tlsCa: key(text.optional(), {
    description: "File with the authority's certificate, for `verify`.",
    expects: "a file that can be read",
    defaultText: "the system's authorities",
  }),
};

/** One MySQL server whose databases are dumped. */
export const serverSchema = z.strictObject({
  name: key(z.string().regex(SERVER_NAME).default("mysql"), {
    description: "Its name in the bucket and in metrics; never changes while its backups are kept.",
    expects: 'letters, digits, ".", "_" and "-", as in "blog"',
  }),
  ...account,
  databases: key(z.array(text).min(1).default(["*"]), {
    description: "Names or patterns with `*` and `?`; `!` before one excludes. MySQL's own are never dumped.",
    expects: 'a list, as in ["ghost", "shop_*", "!shop_test"]',
  }),
});

/** Where dumps are tried: a server that is started for it, or one that is there. */
export const scratchSchema = z.strictObject({
  directory: key(text.optional(), {
    description:
      "Folder for the data of the `mysqld` that is started for a run; needs the size of the largest database.",
    expects: "a folder that can be written to",
    defaultText: "the system's folder for temporary files",
  }),
  ...account,
  host: account.host.optional(),
  user: account.user.default("root"),
});

/** The blog's own objects, which belong to a database: rows name them. */
export const contentSchema = z.strictObject({
  bucket: key(z.string().regex(BUCKET_NAME), {
    description: "Bucket with uploads, themes, routes or redirects; in the same store as that of the backups.",
    expects: 'the bucket\'s name, as in "my-blog-uploads"',
  }),
  prefix: key(z.string().transform(trimSlashes).default(""), {
    description: "Folder in it.",
    expects: 'a path without leading slash, as in "blog"',
  }),
  server: key(text.optional(), {
    description: "Name of the server whose databases it belongs to.",
    expects: "the name of a server of the configuration",
    defaultText: "every server",
  }),
  database: key(text.optional(), {
    description: "Database that it belongs to.",
    expects: 'the name of a database, as in "ghost"',
    defaultText: "every database that is dumped",
  }),
});

/** Every key of the configuration file. */
export const optionsSchema = z.strictObject({
  servers: key(z.array(serverSchema).min(1), {
    description:
      "MySQL servers; one of them also by `MYSQL_NAME`, `MYSQL_HOST`, `MYSQL_PORT`, `MYSQL_USER`, `MYSQL_PASSWORD`, `MYSQL_DATABASES`, `MYSQL_TLS`, `MYSQL_TLS_CA`.",
    expects: 'a list of servers with host and user, or the variables "MYSQL_HOST" and "MYSQL_USER"',
  }),
  bucket: key(z.string().regex(BUCKET_NAME), {
    description: "Bucket of the backups; not the one with the uploads.",
    expects: 'the bucket\'s name, as in "my-blog-backups"',
    env: "BACKUP_BUCKET",
  }),
  prefix: key(z.string().transform(trimSlashes).default("mysql"), {
    description: "Folder in the bucket.",
    expects: 'a path without leading slash, as in "mysql"',
    env: "BACKUP_PREFIX",
  }),
  region: key(text.optional(), {
    description: "Region of the bucket.",
    expects: 'a region, as in "eu-central-1"',
    env: "AWS_REGION",
    defaultText: "the AWS profile's, then `us-east-1`",
  }),
  endpoint: key(httpUrl.optional(), {
    description: "URL of the S3 API, for everything that is not AWS.",
    expects: 'a URL with http or https, as in "https://fra1.digitaloceanspaces.com"',
    env: "AWS_ENDPOINT_URL_S3",
    defaultText: "AWS",
  }),
  forcePathStyle: key(z.boolean().optional(), {
    description: "Ask for `endpoint/bucket/key` instead of `bucket.endpoint/key`.",
    expects: "true or false",
    env: "BACKUP_FORCE_PATH_STYLE",
    defaultText: "true for an `endpoint` that is no AWS host",
  }),
  content: key(z.array(contentSchema).default([]), {
    description:
      "Buckets with the blog's own objects, which become part of the backup: a list of `bucket`, `prefix`, `server`, `database`.",
    expects: 'a list, as in [{ "bucket": "my-blog-uploads", "database": "ghost" }]',
    env: "BACKUP_CONTENT_BUCKETS",
  }),
  recipients: key(z.array(z.string().regex(RECIPIENT)).default([]), {
    description: "Public keys of age that dumps are encrypted for. Without one they are not encrypted by this program.",
    expects: 'a list of public keys, as in ["age1…"], made by age-keygen',
    env: "BACKUP_AGE_RECIPIENTS",
  }),
  identityFile: key(text.optional(), {
    description: "File with the secret key of age. Needed for `verify` and `restore` only; `run` never needs it.",
    expects: "a file made by age-keygen",
    env: "BACKUP_AGE_IDENTITY_FILE",
    defaultText: "none",
  }),
  scratch: key(scratchSchema.prefault({}), {
    description:
      "Where dumps are tried: `directory` for a server of its own, or `host`, `port`, `user`, `password`. Variables: `BACKUP_SCRATCH_DIRECTORY`, `BACKUP_SCRATCH_HOST`, …",
    expects: "a block with directory, or with host, user and password",
    defaultText: "a `mysqld` that is started for the run",
  }),
  position: key(z.enum(["auto", "required", "none"]).default("auto"), {
    description:
      "Whether the dump notes its place in the binary log, for point in time. `auto`: when the account may (RELOAD or FLUSH_TABLES, and REPLICATION CLIENT).",
    expects: '"auto", "required" or "none"',
    env: "BACKUP_POSITION",
  }),
  webhookUrl: key(httpUrl.optional(), {
    description: "Gets a POST with JSON after every run, good or bad; its `text` is what Slack and Mattermost show.",
    expects: "a URL with http or https",
    env: "BACKUP_WEBHOOK_URL",
    secret: true,
    defaultText: "none",
  }),
  pingUrl: key(httpUrl.optional(), {
    description: "Dead man's switch: asked for as `URL/start`, `URL` after success, `URL/fail` after a failure.",
    expects: 'a URL with http or https, as in "https://hc-ping.com/…"',
    env: "BACKUP_PING_URL",
    secret: true,
    defaultText: "none",
  }),
  metricsTextfile: key(text.optional(), {
    description: "File for the textfile collector of Prometheus' node exporter.",
    expects: 'a path that ends with ".prom"',
    env: "BACKUP_METRICS_TEXTFILE",
    defaultText: "none",
  }),
  pushgatewayUrl: key(httpUrl.optional(), {
    description: "Prometheus' pushgateway.",
    expects: 'a URL with http or https, as in "http://pushgateway:9091"',
    env: "BACKUP_PUSHGATEWAY_URL",
    secret: true,
    defaultText: "none",
  }),
  compressionLevel: key(z.int().min(1).max(19).default(3), {
    description: "Level of zstd.",
    expects: "a whole number from 1 to 19",
    env: "BACKUP_COMPRESSION_LEVEL",
  }),
  partBytes: key(
    z
      .int()
      .min(MIN_PART_BYTES)
      .max(512 * MiB)
      .default(8 * MiB),
    {
      description: "Size of a part of an upload. 10,000 parts are possible, three are in memory.",
      expects: `a whole number of bytes, at least 5 MiB (${MIN_PART_BYTES})`,
      env: "BACKUP_PART_BYTES",
    },
  ),
  loadConnections: key(z.int().min(1).max(64).default(4), {
    description: "Connections that rows are loaded with.",
    expects: "a whole number from 1 to 64",
    env: "BACKUP_LOAD_CONNECTIONS",
  }),
  deferIndexesFrom: key(
    z
      .int()
      .min(0)
      .default(4 * MiB),
    {
      description: "Bytes of rows from which a table's secondary indexes are made after its rows.",
      expects: "a whole number of bytes",
      env: "BACKUP_DEFER_INDEXES_FROM",
    },
  ),
  bucketTimeout: key(
    z
      .int()
      .min(SECOND)
      .max(10 * MINUTE)
      .default(20 * SECOND),
    {
      description: "Longest silence of the bucket, in ms; a request is tried five times.",
      expects: "milliseconds from 1000 to 600000",
      env: "BACKUP_BUCKET_TIMEOUT",
    },
  ),
  binlogInterval: key(
    z
      .int()
      .min(SECOND)
      .max(5 * MINUTE)
      .default(20 * SECOND),
    {
      description: "How often `binlog` fetches what is new in the binary log, in ms: what a lost server costs at most.",
      expects: "milliseconds from 1000 to 300000",
      env: "BACKUP_BINLOG_INTERVAL",
    },
  ),
  stallTimeout: key(
    z
      .int()
      .min(SECOND)
      .max(60 * MINUTE)
      .default(10 * MINUTE),
    {
      description: "Longest silence of mysqldump, in ms.",
      expects: "milliseconds from 1000 to 3600000",
      env: "BACKUP_STALL_TIMEOUT",
    },
  ),
});

export type Options = z.output<typeof optionsSchema>;
export type OptionName = keyof Options;
export type ServerOptions = Options["servers"][number];
export type ScratchOptions = Options["scratch"];
export type ContentOptions = Options["content"][number];

const BLOCKS = [optionsSchema, serverSchema, scratchSchema, contentSchema];

/** What is known of the key that a path of the configuration ends with. */
export function metaOf(name: string): KeyMeta | undefined {
  for (const { shape } of BLOCKS) {
    const found = (shape as Record<string, z.ZodType>)[name]?.meta();
    if (found) return found as unknown as KeyMeta;
  }
  return undefined;
}

export const optionNames = Object.keys(optionsSchema.shape) as readonly OptionName[];
