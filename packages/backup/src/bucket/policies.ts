import { binlogPrefix } from "../binlog/names.ts";
import { CONTENT_FOLDER } from "../content/names.ts";

export interface Statement {
  readonly Sid: string;
  readonly Effect: "Allow" | "Deny";
  readonly Principal?: "*";
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

export interface Policy {
  readonly Version: "2012-10-17";
  readonly Statement: readonly Statement[];
}

/** `restorer` is a reader that also puts content back, and makes the safety dump of what is replaced. */
export const ROLES = ["writer", "reader", "restorer"] as const;
export type Role = (typeof ROLES)[number];

interface Place {
  readonly bucket: string;
  readonly prefix: string;
  readonly region?: string | undefined;
  /** Buckets with the blog's own objects. */
  readonly content?: readonly string[];
}

/** AWS has worlds of their own for China and for the government of the USA. */
function arn({ bucket, region }: Place): string {
  const partition = region?.startsWith("cn-") ? "aws-cn" : region?.startsWith("us-gov-") ? "aws-us-gov" : "aws";
  return `arn:${partition}:s3:::${bucket}`;
}

/** The backups, the binary logs beside them, and the mirror of the content. */
function objects(place: Place): string[] {
  const { prefix, content = [] } = place;
  const folders = prefix ? [`${prefix}/`, `${binlogPrefix(prefix)}/`] : [""];
  if (content.length > 0) folders.push(`${CONTENT_FOLDER}/`);
  return folders.map((folder) => `${arn(place)}/${folder}*`);
}

const WRITE = ["s3:PutObject", "s3:AbortMultipartUpload"];

/** A run reads content, and a restore writes it; neither deletes any. */
function contentStatements(role: Role, { content = [], region }: Place): Statement[] {
  if (content.length === 0) return [];
  const buckets = [...new Set(content)].map((bucket) => arn({ bucket, prefix: "", region }));
  const all = buckets.map((bucket) => `${bucket}/*`);
  const read: Statement[] = [
    { Sid: "ReadContent", Effect: "Allow", Action: ["s3:GetObject"], Resource: all },
    { Sid: "ListContent", Effect: "Allow", Action: ["s3:ListBucket"], Resource: buckets },
  ];
  const write: Statement = { Sid: "WriteContent", Effect: "Allow", Action: WRITE, Resource: all };
  if (role === "reader") return [];
  return role === "restorer" ? [...read, write] : read;
}

/**
 * The smallest policy for a run, for looking, or for a restore. None can delete: the key in the cluster, once stolen, destroys no
 * backup; what it overwrites is kept as an older version. A run reads as well: it proves each dump by what the bucket
 * gives back.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
 */
export function policyFor(role: Role, place: Place): Policy {
  const write: Statement = {
    Sid: "Write",
    Effect: "Allow",
    Action: WRITE,
    Resource: objects(place),
  };
  const read: Statement[] = [
    { Sid: "Read", Effect: "Allow", Action: ["s3:GetObject", "s3:GetObjectVersion"], Resource: objects(place) },
    { Sid: "List", Effect: "Allow", Action: ["s3:ListBucket"], Resource: arn(place) },
  ];
  const restore: Statement = { Sid: "Thaw", Effect: "Allow", Action: ["s3:RestoreObject"], Resource: objects(place) };
  const Statement = [
    ...(role === "reader" ? [] : [write]),
    ...read,
    ...(role === "writer" ? [] : [restore]),
    ...contentStatements(role, place),
  ];
  return { Version: "2012-10-17", Statement };
}

export const TLS_SID = "StatelessGhostTlsOnly";

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html */
export function tlsOnly(place: Place): Statement {
  return {
    Sid: TLS_SID,
    Effect: "Deny",
    Principal: "*",
    Action: "s3:*",
    Resource: [arn(place), `${arn(place)}/*`],
    Condition: { Bool: { "aws:SecureTransport": "false" } },
  };
}
