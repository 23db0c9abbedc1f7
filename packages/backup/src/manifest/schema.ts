import { z } from "zod";
import { KINDS } from "../dump/definitions.ts";

const count = z.int().min(0);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const seconds = z.number().min(0);
const text = z.string().min(1);
const time = z.iso.datetime();

const definition = z.strictObject({ kind: z.enum(KINDS), name: text, sha256 });

const table = z.strictObject({
  name: text,
  rows: count,
  /** Of the rows as text. */
  bytes: count,
  /** Sum of the first 128 bits of each row's SHA-256, modulo 2^128. */
  checksum: z.string().regex(/^[0-9a-f]{32}$/),
});

/** The blog's own objects in a bucket, as they were when the dump had been made. */
const content = z.strictObject({
  bucket: text,
  prefix: z.string(),
  objects: count,
  bytes: count,
  /** Lines of JSON, one an object; compressed and encrypted as the dump is. */
  list: z.strictObject({ key: text, size: count, sha256 }),
});

/**
 * What is in a backup. It is written last, when the dump was read back from the bucket, loaded into an empty server
 * and compared: a backup exists when its manifest does. Strict in both directions: a key that this version does not
 * know is a manifest that it does not understand.
 */
export const manifestSchema = z.strictObject({
  format: z.literal(1),
  /** As it is named on the command line: server/database/time. */
  name: text,
  /** `safety`: made by a restore of what it was about to replace. */
  kind: z.enum(["backup", "safety"]),
  versions: z.strictObject({ program: text, mysqldump: text, server: text }),
  server: z.strictObject({ name: text, uuid: text, lowerCaseTableNames: z.int().min(0).max(2) }),
  database: z.strictObject({ name: text, charset: text, collation: text }),
  snapshot: z.strictObject({
    /** By the server's clock, just before the snapshot began. */
    time,
    /** Its place in the binary log; null when the account may not ask for it, or there is no log. */
    position: z.strictObject({ file: text, offset: count, gtid: z.string().nullable() }).nullable(),
  }),
  object: z.strictObject({
    key: text,
    size: count,
    sha256,
    compression: z.literal("zstd"),
    /** Public keys that it was encrypted for; null when it is not. */
    encryption: z.strictObject({ type: z.literal("age"), recipients: z.array(text).min(1) }).nullable(),
  }),
  dump: z.strictObject({ bytes: count }),
  tables: z.array(table),
  definitions: z.array(definition),
  /** Accounts with whose rights views, triggers, routines and events run: a server needs them. */
  definers: z.array(z.strictObject({ user: z.string(), host: z.string() })),
  /** None in manifests of versions that did not know it. */
  content: z.array(content).default([]),
  /** Columns of type FLOAT: mysqldump writes six digits of them. */
  inexact: z.array(text),
  timings: z.strictObject({ dump: seconds, verification: seconds, total: seconds }),
  verified: z.strictObject({ at: time, server: text }),
});

export type Manifest = z.output<typeof manifestSchema>;
export type ManifestContent = Manifest["content"][number];
