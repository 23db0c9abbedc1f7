import { resolve } from "node:path";
import { S3Client } from "@aws-sdk/client-s3";
import { resolveOptions, type ResolvedOptions } from "../../options/options.ts";
import { allWith } from "../../store/client.ts";
import { Store } from "../../store/store.ts";
import type { Io } from "../io.ts";
import type { Feature } from "../settings/storage-block.ts";
import { UsageError } from "../usage-error.ts";
import { BucketTree } from "./bucket-tree.ts";
import { LocalTree } from "./local-tree.ts";
import type { SourceTree } from "./source-file.ts";

export interface SourceFlags {
  readonly sourceEndpoint?: string;
  readonly sourceRegion?: string;
  readonly sourceProfile?: string;
}

const BUCKET_URL = /^s3:\/\/([^/]+)\/?(.*)$/s;

/** Opens a content folder, or another bucket (`s3://bucket/prefix`). */
export async function openTree(
  source: string,
  flags: SourceFlags,
  features: readonly Feature[],
  targets: readonly ResolvedOptions[],
  io: Pick<Io, "cwd" | "env">,
): Promise<SourceTree> {
  const [, bucket, path] = BUCKET_URL.exec(source) ?? [];
  if (bucket === undefined || path === undefined) {
    if (/^\w+:\/\//.test(source)) {
      throw new UsageError(`${source} is neither a folder nor s3://bucket/prefix. Nothing was copied.`);
    }
    return LocalTree.open(resolve(io.cwd, source), features);
  }
  const prefix = path.replace(/^\/+|\/+$/g, "");
  const store = sourceStore(bucket, flags, io.env);
  refuseItself(store, prefix, flags, targets);
  return BucketTree.open(store, prefix, features);
}

function sourceStore(bucket: string, flags: SourceFlags, env: Io["env"]): Store {
  const accessKeyId = env["SOURCE_AWS_ACCESS_KEY_ID"];
  const secretAccessKey = env["SOURCE_AWS_SECRET_ACCESS_KEY"];
  const sessionToken = env["SOURCE_AWS_SESSION_TOKEN"];
  const options = resolveOptions(
    { bucket, endpoint: flags.sourceEndpoint, region: flags.sourceRegion },
    "content/images",
  );
  const client = new S3Client({
    forcePathStyle: options.forcePathStyle,
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    ...(options.region && { region: options.region }),
    ...(options.endpoint && { endpoint: options.endpoint }),
    ...(flags.sourceProfile && { profile: flags.sourceProfile }),
    ...(accessKeyId &&
      secretAccessKey && { credentials: { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) } }),
  });
  return new Store(allWith(client), options);
}

/** Copying a bucket onto itself would at best do nothing. */
function refuseItself(
  store: Store,
  prefix: string,
  { sourceEndpoint }: SourceFlags,
  targets: readonly ResolvedOptions[],
): void {
  const endpoint = sourceEndpoint?.replace(/\/+$/, "");
  const same = targets.some(
    (target) => target.bucket === store.bucket && target.endpoint === endpoint && target.tenantPrefix === prefix,
  );
  if (same) {
    throw new UsageError(
      `s3://${store.bucket}/${prefix} is the source and the target. Nothing was copied.`,
      "Give another bucket or prefix as the source.",
    );
  }
}
