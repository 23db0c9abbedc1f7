import { EXIT, Failure, reasonOf } from "../failure.ts";
import { statusOf } from "../store/failure.ts";
import {
  binlogLifecycle,
  contentLifecycle,
  contentTiers,
  encryption,
  expiry,
  objectLock,
  publicAccessBlock,
  tiers,
  tlsPolicy,
  versioning,
  type BucketPlace,
  type Setting,
} from "./settings.ts";

export interface Finding {
  readonly setting: string;
  /** `holds`: the store was asked afterwards, and says so. `cannot`: the store does not know it. */
  readonly state: "holds" | "cannot" | "skipped" | "failed";
  readonly reason?: string;
}

export interface SetupRequest extends BucketPlace {
  /** Undefined: no object lock. */
  readonly lockDays: number | undefined;
  readonly endpoint: string | undefined;
  /** Whether it holds a mirror of content as well. */
  readonly content: boolean;
  /** Only look. */
  readonly dryRun: boolean;
}

/** Answers of stores that do not know a setting at all, beside 501. */
const UNKNOWN = new Set([
  "NotImplemented",
  "MethodNotAllowed",
  "InvalidStorageClass",
  "MalformedXML",
  "XMinioAdminRemoteTierNotFound",
  "InvalidArgument",
  "XNotImplemented",
]);

/**
 * Makes a bucket fit for backups, and asks the store afterwards what it really holds: some take a setting and forget
 * it.
 * @throws {Failure} when there is no such bucket, or the account may not look at it
 */
export async function setUpBucket(request: SetupRequest): Promise<Finding[]> {
  const findings: Finding[] = [];
  const take = async (setting: Setting): Promise<void> => {
    findings.push(await settle(setting, request));
  };
  await take(versioning(request));
  // before the tiers, which some stores lack: all forget backups after a year
  await take(expiry(request));
  await take(tiers(request));
  await take(binlogLifecycle(request));
  if (request.content) {
    await take(contentLifecycle(request));
    await take(contentTiers(request));
  }
  await take(publicAccessBlock(request));
  await take(encryption(request));
  if (request.endpoint?.startsWith("http:")) findings.push(withoutTls());
  else await take(tlsPolicy(request));
  if (request.lockDays !== undefined) await take(objectLock(request, request.lockDays));
  return findings;
}

function withoutTls(): Finding {
  const reason = "the endpoint itself is http: the policy would shut out this program";
  return { setting: "policy: TLS only", state: "skipped", reason };
}

async function settle(setting: Setting, { bucket, dryRun }: SetupRequest): Promise<Finding> {
  try {
    if (!dryRun) await setting.apply();
    if (await setting.holds()) return { setting: setting.name, state: "holds" };
    const reason = dryRun ? "it is not set" : "the store took it and does not hold it";
    return { setting: setting.name, state: "failed", reason };
  } catch (error) {
    if ((error as Error).name === "NoSuchBucket") throw noBucket(bucket);
    const unknown = statusOf(error) === 501 || UNKNOWN.has((error as Error).name);
    const reason = `${(error as Error).name}: ${reasonOf(error)}`;
    return { setting: setting.name, state: unknown ? "cannot" : "failed", reason };
  }
}

function noBucket(bucket: string): Failure {
  return new Failure(`There is no bucket "${bucket}".`, {
    effect: "Nothing was changed.",
    next: "Make it first, as with `aws s3api create-bucket`; with object lock it must be made with it.",
    exitCode: EXIT.unavailable,
  });
}
