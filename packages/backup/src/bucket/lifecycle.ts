import type { LifecycleRule } from "@aws-sdk/client-s3";

/** Rules with other names are somebody else's and stay. */
export const RULE_ID = "stateless-ghost-backups";

/** Days until a dump moves, and goes. STANDARD_IA takes nothing before 30 days. */
const INFREQUENT_DAYS = 30;
const GLACIER_DAYS = 90;
const EXPIRE_DAYS = 365;

/**
 * Days for which what was overwritten or deleted can be had back. Above a quarter: somebody who stole the writer's key
 * and overwrites all backups must be noticed within this time.
 */
const NONCURRENT_DAYS = 100;

/** What a killed run left behind. */
const ABORT_DAYS = 1;

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html */
export function lifecycleRule(prefix: string, tiers: boolean): LifecycleRule {
  return {
    ID: RULE_ID,
    Status: "Enabled",
    Filter: { Prefix: prefix ? `${prefix}/` : "" },
    ...(tiers && {
      Transitions: [
        { Days: INFREQUENT_DAYS, StorageClass: "STANDARD_IA" },
        { Days: GLACIER_DAYS, StorageClass: "GLACIER" },
      ],
    }),
    Expiration: { Days: EXPIRE_DAYS },
    NoncurrentVersionExpiration: { NoncurrentDays: NONCURRENT_DAYS },
    AbortIncompleteMultipartUpload: { DaysAfterInitiation: ABORT_DAYS },
  };
}

const tiers = (rule: LifecycleRule): string[] =>
  (rule.Transitions ?? []).map(({ Days, StorageClass }) => `${Days} ${StorageClass}`).toSorted();

/** Whether the store holds what was asked for; it may answer with more. */
export function holdsRule(rules: readonly LifecycleRule[], wanted: LifecycleRule): boolean {
  const found = rules.find(({ ID }) => ID === wanted.ID);
  if (!found || found.Status !== "Enabled") return false;
  return (
    found.Expiration?.Days === wanted.Expiration?.Days &&
    JSON.stringify(tiers(found)) === JSON.stringify(tiers(wanted)) &&
    found.NoncurrentVersionExpiration?.NoncurrentDays === wanted.NoncurrentVersionExpiration?.NoncurrentDays
  );
}
