// by this way of importing it the bundle leaves out what is not used, such as messages in all languages
import * as z from "zod";

const SECOND = 1000;
const MINUTE = 60 * SECOND;

interface KeyMeta {
  /** For the reader of the README. */
  readonly description: string;
  /** What would be right, for the reader of an error. */
  readonly expects: string;
  readonly secret?: boolean;
  /** Shown in the README where the default is not a plain value. */
  readonly defaultText?: string;
}

const key = <T extends z.ZodType>(schema: T, meta: KeyMeta): T => schema.meta({ ...meta }) as T;
const name = z.string().min(1);
const trimSlashes = (value: string): string => value.replace(/^\/+|\/+$/g, "");

const milliseconds = (from: number, to: number, standard: number, description: string) =>
  key(z.int().min(from).max(to).default(standard), {
    description,
    expects: `milliseconds from ${from} to ${to}`,
  });

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
const BUCKET_NAME = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/** Every key of the block `replicas` in Ghost's configuration. */
export const optionsSchema = z.strictObject({
  bucket: key(z.string().regex(BUCKET_NAME).optional(), {
    description: "Bucket for themes, routes, redirects and files of imports. Without it only one replica may run.",
    expects: 'the bucket\'s name, as in "my-blog-private"',
    defaultText: "none: one replica",
  }),
  prefix: key(z.string().transform(trimSlashes).default("replicas"), {
    description: "Folder in the bucket. Readers must not have access to it: themes and imports lie there.",
    expects: 'a path without leading slash, as in "replicas"',
  }),
  region: key(name.optional(), {
    description: "Region of the bucket.",
    expects: 'a region, as in "eu-central-1"',
    defaultText: "`AWS_REGION`, then the AWS profile's",
  }),
  endpoint: key(z.url({ protocol: /^https?$/ }).optional(), {
    description: "URL of the S3 API, for everything that is not AWS.",
    expects: 'a URL with http or https, as in "https://fra1.digitaloceanspaces.com"',
    defaultText: "AWS",
  }),
  forcePathStyle: key(z.boolean().default(false), {
    description: "Ask for `endpoint/bucket/key` instead of `bucket.endpoint/key`.",
    expects: "true or false",
  }),
  accessKeyId: key(name.optional(), {
    description: "Access key, together with `secretAccessKey`.",
    expects: "an access key id, or neither of the two: then the AWS chain is asked",
    secret: true,
    defaultText: "the AWS chain: environment, IRSA, Pod Identity, ECS, profile",
  }),
  secretAccessKey: key(name.optional(), {
    description: "Secret of the access key.",
    expects: "the secret that belongs to accessKeyId",
    secret: true,
    defaultText: "none",
  }),
  sessionToken: key(name.optional(), {
    description: "Session token of temporary keys.",
    expects: "the session token that belongs to accessKeyId",
    secret: true,
    defaultText: "none",
  }),
  bucketTimeout: milliseconds(SECOND, 5 * MINUTE, 20 * SECOND, "Longest time for a request to the bucket, in ms."),
  pollInterval: milliseconds(
    100,
    10 * SECOND,
    500,
    "Time between two looks at the database for changes of other replicas, in ms.",
  ),
  staleAfter: milliseconds(
    SECOND,
    5 * MINUTE,
    10 * SECOND,
    "Age of the last successful look at the database above which the replica is not ready, in ms.",
  ),
  leaseDuration: milliseconds(
    SECOND,
    MINUTE,
    3500,
    "Time after which a leader that has not been heard of is replaced, in ms.",
  ),
  bootTimeout: milliseconds(
    10 * SECOND,
    60 * MINUTE,
    10 * MINUTE,
    "Longest wait while another replica initialises or migrates the database, in ms.",
  ),
  drainDelay: milliseconds(
    0,
    5 * MINUTE,
    5 * SECOND,
    "Time between SIGTERM and the first refused connection, in ms: the load balancer needs it to look elsewhere.",
  ),
  drainTimeout: milliseconds(
    0,
    60 * MINUTE,
    MINUTE,
    "Longest wait for imports and newsletters under way after SIGTERM, in ms. What is left goes to another replica.",
  ),
  healthHost: key(name.default("0.0.0.0"), {
    description: "Address that `/livez`, `/readyz` and `/metrics` are served on.",
    expects: 'an address of this machine, as in "127.0.0.1"',
  }),
  healthPort: key(z.int().min(0).max(65_535).default(9417), {
    description: "Port of `/livez`, `/readyz` and `/metrics`; 0 picks a free one.",
    expects: "a port number",
  }),
  stateless: key(z.boolean().default(false), {
    description:
      "Keep nothing of the blog on this disk: refuse to start without `url`, MySQL, `bucket` and a bucket for uploads, and take `urls` from the uploads' `cdnUrl`.",
    expects: "true or false",
  }),
  untestedGhost: key(z.boolean().default(false), {
    description: "Run more than one replica of a Ghost version that this package was not tested with.",
    expects: "true or false",
  }),
});

export type Options = z.output<typeof optionsSchema>;
export type OptionName = keyof Options;

export function metaOf(option: string): KeyMeta | undefined {
  const schema = (optionsSchema.shape as Record<string, z.ZodType>)[option];
  return schema?.meta() as KeyMeta | undefined;
}
