import type { ResolvedOptions } from "../../options/options.ts";

type Condition = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

interface Statement {
  readonly Sid: string;
  readonly Effect: "Allow";
  readonly Action: readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: Condition;
}

export interface Policy {
  readonly Version: "2012-10-17";
  readonly Statement: readonly Statement[];
}

/** Folders of a blog: what readers see, originals that they do not, and what the adapter writes for itself. */
const FOLDERS = ["content", "private", ".storage-s3"] as const;

/**
 * The smallest IAM policy with which the adapter does all that its options ask for.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
 */
export function leastPrivilege(features: readonly ResolvedOptions[]): Policy {
  const unique = new Map(features.map((options) => [`${options.bucket} ${options.tenantPrefix}`, options]));
  const statements = [...unique.values()].flatMap((options, index) => {
    const same = features.filter(
      ({ bucket, tenantPrefix }) => bucket === options.bucket && tenantPrefix === options.tenantPrefix,
    );
    return statementsFor(options, same, unique.size > 1 ? String(index + 1) : "");
  });
  return { Version: "2012-10-17", Statement: statements };
}

/** @param suffix keeps the ids of statements apart */
function statementsFor(options: ResolvedOptions, features: readonly ResolvedOptions[], suffix: string): Statement[] {
  const bucket = `arn:${partition(options.region)}:s3:::${options.bucket}`;
  return [
    {
      Sid: `Objects${suffix}`,
      Effect: "Allow",
      Action: [
        "s3:GetObject",
        "s3:PutObject",
        "s3:DeleteObject",
        "s3:AbortMultipartUpload",
        ...(features.some(({ tags }) => tags) ? ["s3:PutObjectTagging"] : []),
        ...(features.some(({ acl }) => acl) ? ["s3:PutObjectAcl"] : []),
      ],
      Resource: foldersOf(features).map((folder) => `${bucket}/${folder}/*`),
    },
    {
      // Without it S3 answers 403 for what does not exist, and nobody can tell it from a refusal.
      Sid: `Names${suffix}`,
      Effect: "Allow",
      Action: ["s3:ListBucket"],
      Resource: bucket,
      ...(options.tenantPrefix && { Condition: onlyBelow(options) }),
    },
    ...keyStatements(features, suffix),
  ];
}

/** A HEAD has no prefix: on AWS a plain condition would take away its 404. Others know plain conditions only. */
function onlyBelow({ provider, tenantPrefix }: ResolvedOptions): Condition {
  return { [provider === "aws" ? "StringLikeIfExists" : "StringLike"]: { "s3:prefix": [`${tenantPrefix}/*`] } };
}

function foldersOf(features: readonly ResolvedOptions[]): string[] {
  const prefixed = features.flatMap(({ tenantPrefix, staticFileURLPrefix }) =>
    [...FOLDERS, ...(staticFileURLPrefix.startsWith("content/") ? [] : [staticFileURLPrefix])].map((folder) =>
      [tenantPrefix, folder].filter(Boolean).join("/"),
    ),
  );
  return [...new Set(prefixed)];
}

function keyStatements(features: readonly ResolvedOptions[], suffix: string): Statement[] {
  const keys = features.flatMap(({ sseKmsKeyId, region }) =>
    sseKmsKeyId
      ? [
          sseKmsKeyId.startsWith("arn:")
            ? sseKmsKeyId
            : `arn:${partition(region)}:kms:${region ?? "*"}:*:key/${sseKmsKeyId}`,
        ]
      : [],
  );
  if (keys.length === 0) return [];
  return [
    {
      Sid: `Encryption${suffix}`,
      Effect: "Allow",
      Action: ["kms:GenerateDataKey", "kms:Decrypt"],
      Resource: [...new Set(keys)],
    },
  ];
}

/** AWS has worlds of their own for China and for the government of the USA. */
function partition(region: string | undefined): string {
  if (region?.startsWith("cn-")) return "aws-cn";
  return region?.startsWith("us-gov-") ? "aws-us-gov" : "aws";
}
