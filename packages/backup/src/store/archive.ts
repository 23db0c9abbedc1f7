/** Ways to bring something back from an archive. @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects-retrieval-options.html */
export const THAW_TIERS = ["Standard", "Bulk", "Expedited"] as const;
export type ThawTier = (typeof THAW_TIERS)[number];

export const DEEP = "DEEP_ARCHIVE";

/** What AWS says of the time that each takes. Expedited is for GLACIER only. */
export const USUAL_TIME: Readonly<Record<"flexible" | "deep", Readonly<Record<ThawTier, string>>>> = {
  flexible: { Standard: "3 to 5 hours", Bulk: "5 to 12 hours", Expedited: "1 to 5 minutes" },
  deep: { Standard: "up to 12 hours", Bulk: "up to 48 hours", Expedited: "never" },
};

/** Classes whose objects cannot be read where they lie; GLACIER_IR can. */
const ARCHIVES: ReadonlySet<string> = new Set(["GLACIER", DEEP]);

/** What a store says of an archived object that was asked for. */
export interface ThawState {
  readonly ongoing: boolean;
}

/** An object as a store describes it. */
interface Kept {
  readonly storageClass: string;
  readonly restore?: ThawState | undefined;
}

/** The archive that an object lies in; undefined when it lies in none. */
export const archiveOf = ({ storageClass }: Pick<Kept, "storageClass">): string | undefined =>
  ARCHIVES.has(storageClass) ? storageClass : undefined;

/** An archived object can be read while the store keeps a copy of it. */
export const isReadable = (kept: Kept): boolean =>
  archiveOf(kept) === undefined || (kept.restore !== undefined && !kept.restore.ongoing);

/**
 * Reads `ongoing-request="false", expiry-date="Fri, 21 Dec 2012 00:00:00 GMT"`.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html#API_HeadObject_ResponseSyntax
 */
export function thawStateOf(header: string | undefined): ThawState | undefined {
  const [, ongoing] = /ongoing-request="(true|false)"/.exec(header ?? "") ?? [];
  return ongoing === undefined ? undefined : { ongoing: ongoing === "true" };
}
