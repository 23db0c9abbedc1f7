import { z } from "zod";
import { PROVIDERS } from "./presets.ts";
import { isSizeName } from "../paths/variant-path.ts";

const MiB = 1024 * 1024;

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html */
const MAX_TAGS = 10;

/** Smallest part S3 takes. @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
export const MIN_PART_BYTES = 5 * MiB;

/** Widths of Ghost itself and of its themes Source and Casper: what a page of a new blog asks for. */
export const DEFAULT_SIZES =
  "w30 w64h64 w100 w160 w192h192 w256h256 w300 w320 w600 w960 w1000 w1200 w1600 w2000 w2400".split(" ");

const trimSlashes = (value: string): string => value.replace(/^\/+|\/+$/g, "");
const staysInside = (path: string): boolean => !path.split("/").includes("..");
const httpUrl = z
  .url({ protocol: /^https?$/ })
  .refine((url) => !/[?#]/.test(url))
  .transform((url) => url.replace(/\/+$/, ""));
const name = z.string().min(1);
/** A name or the ARN of an access point; a path belongs into tenantPrefix. */
const bucketName = z.string().regex(/^(?:[\w.-]+|arn:[\w:/-]+)$/);
const headerValue = z.string().regex(/^[ -~]+$/);
/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#canned-acl */
const ACLS = [
  "private",
  "public-read",
  "public-read-write",
  "authenticated-read",
  "aws-exec-read",
  "bucket-owner-read",
  "bucket-owner-full-control",
] as const;
const milliseconds = z.int().min(100).max(600_000);

const variants = z.strictObject({
  sizes: z.array(z.string().refine(isSizeName)).min(1).default(DEFAULT_SIZES),
  formats: z.array(z.enum(["webp", "avif"])).default(["webp"]),
});

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

/**
 * Every key of a storage block. Those that Ghost's own S3Storage has mean the same.
 * @see https://docs.ghost.org/config#storage-adapters
 */
export const optionsSchema = z.strictObject({
  bucket: key(bucketName, {
    description: "Name of the bucket.",
    expects: 'the bucket\'s name, as in "my-blog-content"',
  }),
  provider: key(z.enum(PROVIDERS).optional(), {
    description: "Preset for what a provider needs: path style, checksums, region, conditional writes.",
    expects: `one of ${PROVIDERS.join(", ")}`,
    defaultText: "from the endpoint's host",
  }),
  region: key(name.optional(), {
    description: "Region of the bucket.",
    expects: 'a region, as in "eu-central-1"',
    defaultText: "`AWS_REGION`, the AWS profile, then the provider's",
  }),
  endpoint: key(httpUrl.optional(), {
    description: "URL of the S3 API, for everything that is not AWS.",
    expects: 'a URL with http or https, as in "https://fra1.digitaloceanspaces.com"',
    defaultText: "AWS",
  }),
  forcePathStyle: key(z.boolean().optional(), {
    description: "Ask for `endpoint/bucket/key` instead of `bucket.endpoint/key`.",
    expects: "true or false",
    defaultText: "from the provider",
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
  }),
  sessionToken: key(name.optional(), {
    description: "Session token of temporary keys.",
    expects: "the session token that belongs to accessKeyId",
    secret: true,
  }),
  tenantPrefix: key(z.string().transform(trimSlashes).pipe(z.string().refine(staysInside)).default(""), {
    description: "Folder in the bucket for this blog, before `content/`: many blogs can share a bucket.",
    expects: 'a path without leading slash, as in "blogs/anna"',
    defaultText: "none",
  }),
  cdnUrl: key(httpUrl.optional(), {
    description:
      "Where readers get uploads. Without it uploads keep site-relative URLs and Ghost streams them from the bucket.",
    expects: 'a URL with http or https, as in "https://cdn.example.com"',
    defaultText: "none: served by Ghost",
  }),
  staticFileURLPrefix: key(z.string().transform(trimSlashes).pipe(name.refine(staysInside)).optional(), {
    description: "Path of the feature in the bucket and in URLs.",
    expects: 'a path, as in "content/images"',
    defaultText: "`content/images`, `content/media` or `content/files`, by the class",
  }),
  siteUrl: key(httpUrl.optional(), {
    description: "The blog's URL: URLs of the time before the move to S3 are recognised by it.",
    expects: 'a URL with http or https, as in "https://blog.example.com"',
    defaultText: "Ghost's own `url`",
  }),
  multipartUploadThresholdBytes: key(
    z
      .int()
      .positive()
      .default(16 * MiB),
    {
      description: "Files of this size and above are sent in parts.",
      expects: "a whole number of bytes above 0",
    },
  ),
  multipartChunkSizeBytes: key(
    z
      .int()
      .min(MIN_PART_BYTES)
      .default(8 * MiB),
    {
      description: "Smallest part; grows with the file so that 10,000 parts are enough.",
      expects: `a whole number of bytes, at least 5 MiB (${MIN_PART_BYTES})`,
    },
  ),
  uploadMemoryBytes: key(
    z
      .int()
      .min(16 * MiB)
      .default(64 * MiB),
    {
      description: "Memory for bytes in flight, shared by all storage classes of the process. The largest value wins.",
      expects: "a whole number of bytes, at least 16 MiB (16777216)",
    },
  ),
  cacheControl: key(headerValue.default("public, max-age=31536000, immutable"), {
    description: "`Cache-Control` of what never changes under its URL.",
    expects: "a Cache-Control header",
  }),
  cacheControlMutable: key(headerValue.default("public, max-age=300"), {
    description: "`Cache-Control` of what can be replaced under its URL: video thumbnails.",
    expects: "a Cache-Control header",
  }),
  imageMetadata: key(z.enum(["strip", "keep"]).default("strip"), {
    description: "Whether GPS and other EXIF, XMP and IPTC data are removed from public images. Pixels stay untouched.",
    expects: '"strip" or "keep"',
  }),
  originals: key(z.enum(["public", "private"]).default("public"), {
    description:
      "`private` keeps the untouched original (`photo_o.jpg`) under `private/` in the bucket, which the CDN must not read.",
    expects: '"public" or "private"',
  }),
  variants: key(
    z
      .union([z.boolean(), variants])
      .default(false)
      .transform((value) => (value === true ? variants.parse({}) : value)),
    {
      description: "Sizes and formats made at upload; without them the CDN's second origin makes them on demand.",
      expects: 'true, false or {"sizes": ["w600", "w1200"], "formats": ["webp", "avif"]}',
    },
  ),
  serve: key(z.enum(["stream", "redirect"]).default("stream"), {
    description:
      "What Ghost answers for old local URLs: the bytes, or a redirect to `cdnUrl` (never to the CDN itself).",
    expects: '"stream" or "redirect"',
  }),
  originHeader: key(z.string().min(1).toLowerCase().default("x-amz-cf-id"), {
    description: "Request header that only the CDN sends to its origin: with it nothing is ever redirected.",
    expects: 'the name of a header, as in "x-origin-verify"',
  }),
  localFallback: key(name.optional(), {
    description: "Local folder that is read when the bucket does not have a file: for the time of a migration.",
    expects: 'a folder, as in "/var/lib/ghost/content/images"',
    defaultText: "none",
  }),
  cacheBytes: key(
    z
      .int()
      .min(0)
      .default(16 * MiB),
    {
      description: "Memory for hot image sizes, per storage class. A size in it costs the bucket no request.",
      expects: "a whole number of bytes, 0 for none",
    },
  ),
  serverSideEncryption: key(z.enum(["AES256", "aws:kms", "aws:kms:dsse"]).optional(), {
    description: "Server-side encryption to ask for.",
    expects: "AES256, aws:kms or aws:kms:dsse",
    defaultText: "the bucket's",
  }),
  sseKmsKeyId: key(name.optional(), {
    description: "KMS key for `aws:kms`.",
    expects: "the id or ARN of a KMS key, with serverSideEncryption aws:kms or aws:kms:dsse",
    defaultText: "the account's default key",
  }),
  storageClass: key(name.optional(), {
    description: "Storage class of new objects.",
    expects: 'a storage class, as in "STANDARD_IA" or "INTELLIGENT_TIERING"',
    defaultText: "the bucket's",
  }),
  tags: key(
    z
      .record(z.string().min(1).max(128), z.union([z.string(), z.number(), z.boolean()]).transform(String))
      .refine((tags) => Object.keys(tags).length <= MAX_TAGS)
      .optional(),
    {
      description: "Tags of new objects; needs `s3:PutObjectTagging`.",
      expects: 'up to 10 names with values, as in {"blog": "anna"}',
      defaultText: "none",
    },
  ),
  acl: key(z.enum(ACLS).optional(), {
    description: "Canned ACL of new objects. Never sent unless asked for: buckets refuse ACLs since April 2023.",
    expects: `one of ${ACLS.join(", ")}`,
    defaultText: "none",
  }),
  checksums: key(z.enum(["when_supported", "when_required"]).optional(), {
    description: "When the SDK sends a CRC32 with a request.",
    expects: '"when_supported" or "when_required"',
    defaultText: "from the provider",
  }),
  conditionalWrites: key(z.union([z.boolean(), z.literal("probe")]).optional(), {
    description:
      "Whether the store refuses `If-None-Match: *` on an existing key. Without it every name gets a random suffix.",
    expects: 'true, false or "probe"',
    defaultText: "from the provider",
  }),
  connectTimeoutMs: key(milliseconds.default(3000), {
    description: "Longest wait for a connection.",
    expects: "milliseconds from 100 to 600000",
  }),
  idleTimeoutMs: key(milliseconds.default(6000), {
    description: "Longest silence on a connection with a request under way.",
    expects: "milliseconds from 100 to 600000",
  }),
  operationTimeoutMs: key(milliseconds.default(25_000), {
    description:
      "Longest time for a small request, retries included; for an upload, the time in which retries may begin.",
    expects: "milliseconds from 100 to 600000",
  }),
  maxAttempts: key(z.int().min(1).max(10).default(3), {
    description: "Attempts per request; only what S3 documents as retriable is tried again.",
    expects: "a whole number from 1 to 10",
  }),
  maxSockets: key(z.int().min(1).max(1000).default(64), {
    description: "Connections to the store.",
    expects: "a whole number from 1 to 1000",
  }),
  metricsPort: key(z.int().min(1).max(65_535).optional(), {
    description: "Port for Prometheus' `/metrics`, on all addresses.",
    expects: "a port from 1 to 65535",
    defaultText: "none",
  }),
});

export type KnownOption = keyof typeof optionsSchema.shape;

/** The description that goes with a key. */
export function metaOf(option: KnownOption): KeyMeta {
  return optionsSchema.shape[option].meta() as unknown as KeyMeta;
}
