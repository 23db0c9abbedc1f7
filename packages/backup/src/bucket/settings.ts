import {
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketPolicyCommand,
  GetBucketVersioningCommand,
  GetObjectLockConfigurationCommand,
  GetPublicAccessBlockCommand,
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutObjectLockConfigurationCommand,
  PutPublicAccessBlockCommand,
  type LifecycleRule,
  type S3Client,
} from "@aws-sdk/client-s3";
import { binlogRule, contentRule, contentTiersRule, expiryRule, holdsRule, tiersRule } from "./lifecycle.ts";
import { tlsOnly, TLS_SID, type Policy } from "./policies.ts";

/** One thing that a bucket for backups should have. */
export interface Setting {
  readonly name: string;
  /** Sets it, without touching what others set. */
  apply(): Promise<void>;
  /** Whether the store really holds it. */
  holds(): Promise<boolean>;
}

export interface BucketPlace {
  readonly client: S3Client;
  readonly bucket: string;
  readonly prefix: string;
  readonly region: string | undefined;
}

const MISSING = new Set([
  "NoSuchLifecycleConfiguration",
  "NoSuchBucketPolicy",
  "NoSuchPublicAccessBlockConfiguration",
  "ServerSideEncryptionConfigurationNotFoundError",
  "ObjectLockConfigurationNotFoundError",
]);

/** What is not set is an answer, not an error. */
async function unlessMissing<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (MISSING.has((error as Error).name)) return undefined;
    throw error;
  }
}

export const expiry = (place: BucketPlace): Setting =>
  lifecycle("lifecycle: gone after 365 days", place, expiryRule(place.prefix));

export const tiers = (place: BucketPlace): Setting =>
  lifecycle("lifecycle: dumps in STANDARD_IA after 30 days, in GLACIER after 90", place, tiersRule(place.prefix));

export const contentLifecycle = (place: BucketPlace): Setting =>
  lifecycle("lifecycle of content: never gone", place, contentRule());

export const contentTiers = (place: BucketPlace): Setting =>
  lifecycle("lifecycle of content: in STANDARD_IA after 30 days", place, contentTiersRule());

export const binlogLifecycle = (place: BucketPlace): Setting =>
  lifecycle("lifecycle of binary logs: gone after 35 days", place, binlogRule(place.prefix));

/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLifecycleConfiguration.html */
function lifecycle(name: string, { client, bucket: Bucket }: BucketPlace, wanted: LifecycleRule): Setting {
  const rules = async (): Promise<LifecycleRule[]> =>
    (await unlessMissing(client.send(new GetBucketLifecycleConfigurationCommand({ Bucket }))))?.Rules ?? [];
  return {
    name,
    async apply() {
      const others = (await rules()).filter(({ ID }) => ID !== wanted.ID);
      const LifecycleConfiguration = { Rules: [...others, wanted] };
      await client.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration }));
    },
    holds: async () => holdsRule(await rules(), wanted),
  };
}

/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketVersioning.html */
export function versioning({ client, bucket: Bucket }: BucketPlace): Setting {
  return {
    name: "versioning",
    async apply() {
      const VersioningConfiguration = { Status: "Enabled" } as const;
      await client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
    },
    holds: async () => (await client.send(new GetBucketVersioningCommand({ Bucket }))).Status === "Enabled",
  };
}

/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutPublicAccessBlock.html */
export function publicAccessBlock({ client, bucket: Bucket }: BucketPlace): Setting {
  const PublicAccessBlockConfiguration = {
    BlockPublicAcls: true,
    IgnorePublicAcls: true,
    BlockPublicPolicy: true,
    RestrictPublicBuckets: true,
  };
  return {
    name: "public access block",
    async apply() {
      await client.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration }));
    },
    async holds() {
      const answer = await unlessMissing(client.send(new GetPublicAccessBlockCommand({ Bucket })));
      const found = answer?.PublicAccessBlockConfiguration as Record<string, unknown> | undefined;
      return Object.keys(PublicAccessBlockConfiguration).every((key) => found?.[key] === true);
    },
  };
}

/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketEncryption.html */
export function encryption({ client, bucket: Bucket }: BucketPlace): Setting {
  const algorithm = async (): Promise<string | undefined> => {
    const answer = await unlessMissing(client.send(new GetBucketEncryptionCommand({ Bucket })));
    return answer?.ServerSideEncryptionConfiguration?.Rules?.[0]?.ApplyServerSideEncryptionByDefault?.SSEAlgorithm;
  };
  return {
    name: "encryption by the store",
    async apply() {
      // a key that somebody chose is better than the store's own
      if (await algorithm()) return;
      const Rules = [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" as const } }];
      await client.send(new PutBucketEncryptionCommand({ Bucket, ServerSideEncryptionConfiguration: { Rules } }));
    },
    holds: async () => (await algorithm()) !== undefined,
  };
}

/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html */
export function tlsPolicy(place: BucketPlace): Setting {
  const { client, bucket: Bucket } = place;
  const read = async (): Promise<Policy | undefined> => {
    const answer = await unlessMissing(client.send(new GetBucketPolicyCommand({ Bucket })));
    return answer?.Policy ? (JSON.parse(answer.Policy) as Policy) : undefined;
  };
  return {
    name: "policy: TLS only",
    async apply() {
      const others = ((await read())?.Statement ?? []).filter(({ Sid }) => Sid !== TLS_SID);
      const policy: Policy = { Version: "2012-10-17", Statement: [...others, tlsOnly(place)] };
      await client.send(new PutBucketPolicyCommand({ Bucket, Policy: JSON.stringify(policy) }));
    },
    async holds() {
      const found = (await read())?.Statement.find(({ Condition }) => Condition?.["Bool"]?.["aws:SecureTransport"]);
      return found?.Effect === "Deny";
    },
  };
}

/**
 * Nobody deletes a version before its time, whatever key they hold.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectLockConfiguration.html
 */
export function objectLock({ client, bucket: Bucket }: BucketPlace, days: number): Setting {
  const retention = { Mode: "GOVERNANCE" as const, Days: days };
  return {
    name: `object lock: ${days} days`,
    async apply() {
      const ObjectLockConfiguration = { ObjectLockEnabled: "Enabled" as const, Rule: { DefaultRetention: retention } };
      await client.send(new PutObjectLockConfigurationCommand({ Bucket, ObjectLockConfiguration }));
    },
    async holds() {
      const answer = await unlessMissing(client.send(new GetObjectLockConfigurationCommand({ Bucket })));
      return answer?.ObjectLockConfiguration?.Rule?.DefaultRetention?.Days === days;
    },
  };
}
