import type { LifecycleRule, LifecycleRuleFilter } from "@aws-sdk/client-s3";
import { binlogPrefix } from "../binlog/names.ts";
import { CONTENT_FOLDER } from "../content/names.ts";

/** Rules with other names are somebody else's and stay. */
const EXPIRY_RULE = "stateless-ghost-backups";
const TIERS_RULE = "stateless-ghost-backups-tiers";
const CONTENT_RULE = "stateless-ghost-content";
const CONTENT_TIERS_RULE = "stateless-ghost-content-tiers";
const BINLOG_RULE = "stateless-ghost-binlog";

/** Days until a dump moves, and goes. STANDARD_IA takes nothing before 30 days. */
const INFREQUENT_DAYS = 30;
const GLACIER_DAYS = 90;
const EXPIRE_DAYS = 365;

/**
 * Bytes up to which an object stays where it is. A manifest must be readable at once for as long as its backup is
 * listed: this is the manifest of about 3,000 tables. Smaller dumps stay as well, and cost less so: STANDARD_IA bills at
 * least 128 KiB, GLACIER 40 KiB more than an object has, and both the move.
 */
const MOVE_FROM_BYTES = 1024 * 1024;

/**
 * Days for which what was overwritten or deleted can be had back. Above a quarter: somebody who stole the writer's key
 * and overwrites all backups must be noticed within this time.
 */
const NONCURRENT_DAYS = 100;

/**
 * Days that binary logs are kept: for a month, any moment can be had back. They are of use with a backup that was made
 * before them only, and cheap to keep, but too many and too small for Glacier.
 */
const BINLOG_DAYS = 35;

/** What a killed run left behind. */
const ABORT_DAYS = 1;

const folder = (prefix: string): string => (prefix ? `${prefix}/` : "");

/**
 * Removes everything of a backup at the same age, small or large: a manifest without its dump would be listed.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
 */
export function expiryRule(prefix: string): LifecycleRule {
  return {
    ID: EXPIRY_RULE,
    Status: "Enabled",
    Filter: { Prefix: folder(prefix) },
    Expiration: { Days: EXPIRE_DAYS },
    NoncurrentVersionExpiration: { NoncurrentDays: NONCURRENT_DAYS },
    AbortIncompleteMultipartUpload: { DaysAfterInitiation: ABORT_DAYS },
  };
}

/**
 * Moves dumps. A rule of its own: a filter of sizes holds for a whole rule, and some stores have no tiers.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html
 */
export function tiersRule(prefix: string): LifecycleRule {
  return {
    ID: TIERS_RULE,
    Status: "Enabled",
    Filter: largeObjects(prefix),
    Transitions: [
      { Days: INFREQUENT_DAYS, StorageClass: "STANDARD_IA" },
      { Days: GLACIER_DAYS, StorageClass: "GLACIER" },
    ],
  };
}

/** For the mirror of the content. It does not expire: the newest backup may list a picture that was copied years ago. */
export function contentRule(): LifecycleRule {
  return {
    ID: CONTENT_RULE,
    Status: "Enabled",
    Filter: { Prefix: folder(CONTENT_FOLDER) },
    NoncurrentVersionExpiration: { NoncurrentDays: NONCURRENT_DAYS },
    AbortIncompleteMultipartUpload: { DaysAfterInitiation: ABORT_DAYS },
  };
}

/** Glacier would make a restore wait for each object. S3 itself leaves those below 128 KiB where they are. */
export function contentTiersRule(): LifecycleRule {
  return {
    ID: CONTENT_TIERS_RULE,
    Status: "Enabled",
    Filter: { Prefix: folder(CONTENT_FOLDER) },
    Transitions: [{ Days: INFREQUENT_DAYS, StorageClass: "STANDARD_IA" }],
  };
}

export function binlogRule(prefix: string): LifecycleRule {
  return {
    ID: BINLOG_RULE,
    Status: "Enabled",
    Filter: { Prefix: folder(binlogPrefix(prefix)) },
    Expiration: { Days: BINLOG_DAYS },
    NoncurrentVersionExpiration: { NoncurrentDays: BINLOG_DAYS },
    AbortIncompleteMultipartUpload: { DaysAfterInitiation: ABORT_DAYS },
  };
}

/** `And` wants two predicates at least. @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_LifecycleRuleFilter.html */
function largeObjects(prefix: string): LifecycleRuleFilter {
  const large = { ObjectSizeGreaterThan: MOVE_FROM_BYTES };
  return prefix ? { And: { Prefix: folder(prefix), ...large } } : large;
}

/** Which objects a rule is for; old rules name the prefix beside the filter. */
function scopeOf({ Filter, Prefix }: LifecycleRule): string {
  const prefix = Filter?.And?.Prefix ?? Filter?.Prefix ?? Prefix ?? "";
  return `${Filter?.And?.ObjectSizeGreaterThan ?? Filter?.ObjectSizeGreaterThan ?? 0} ${prefix}`;
}

const transitions = (rule: LifecycleRule): string[] =>
  (rule.Transitions ?? []).map(({ Days, StorageClass }) => `${Days} ${StorageClass}`).toSorted();

/** Whether the store holds what was asked for; it may answer with more. */
export function holdsRule(rules: readonly LifecycleRule[], wanted: LifecycleRule): boolean {
  const found = rules.find(({ ID }) => ID === wanted.ID);
  if (!found || found.Status !== "Enabled") return false;
  return (
    scopeOf(found) === scopeOf(wanted) &&
    found.Expiration?.Days === wanted.Expiration?.Days &&
    JSON.stringify(transitions(found)) === JSON.stringify(transitions(wanted)) &&
    found.NoncurrentVersionExpiration?.NoncurrentDays === wanted.NoncurrentVersionExpiration?.NoncurrentDays
  );
}
