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

export const ROLES = ["writer", "reader"] as const;
export type Role = (typeof ROLES)[number];

interface Place {
  readonly bucket: string;
  readonly prefix: string;
  readonly region?: string | undefined;
}

/** AWS has worlds of their own for China and for the government of the USA. */
function arn({ bucket, region }: Place): string {
  const partition = region?.startsWith("cn-") ? "aws-cn" : region?.startsWith("us-gov-") ? "aws-us-gov" : "aws";
  return `arn:${partition}:s3:::${bucket}`;
}

const objects = (place: Place): string => `${arn(place)}/${place.prefix ? `${place.prefix}/` : ""}*`;

/**
 * The smallest policy for a run, or for a restore. Neither can delete: the key in the cluster, once stolen, destroys no
 * backup; what it overwrites is kept as an older version. A run reads as well: it proves each dump by what the bucket
 * gives back.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
 */
export function policyFor(role: Role, place: Place): Policy {
  const write: Statement = {
    Sid: "Write",
    Effect: "Allow",
    Action: ["s3:PutObject", "s3:AbortMultipartUpload"],
    Resource: objects(place),
  };
  const read: Statement[] = [
    { Sid: "Read", Effect: "Allow", Action: ["s3:GetObject", "s3:GetObjectVersion"], Resource: objects(place) },
    { Sid: "List", Effect: "Allow", Action: ["s3:ListBucket"], Resource: arn(place) },
  ];
  const restore: Statement = { Sid: "Thaw", Effect: "Allow", Action: ["s3:RestoreObject"], Resource: objects(place) };
  return { Version: "2012-10-17", Statement: role === "writer" ? [write, ...read] : [...read, restore] };
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
