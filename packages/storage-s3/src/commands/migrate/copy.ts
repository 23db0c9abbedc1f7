import type { Prepared } from "../../preparation/preparation.ts";
import { bareTag, digest, type Digest } from "./digest.ts";
import type { SourceFile } from "./source-file.ts";
import type { Target } from "./target.ts";
import { SOURCE_ETAG, SOURCE_SHA256, verify, VerificationError, type VerifyMode } from "./verification.ts";

export interface CopySettings {
  readonly dryRun: boolean;
  readonly overwrite: boolean;
  readonly verify: VerifyMode;
}

/** What became of a file: `copied` in a dry run is what would be copied. */
export type Outcome =
  | {
      readonly status: "copied";
      readonly key: string;
      readonly replaced: boolean;
      readonly warning?: string | undefined;
    }
  | { readonly status: "present"; readonly key: string }
  | { readonly status: "conflict"; readonly key: string; readonly reason: string };

/**
 * Brings one file into the bucket, unless it is there already. An object of other content is left alone.
 * @throws what went wrong; then nothing half-written is left behind
 */
export async function copy(file: SourceFile, target: Target, settings: CopySettings): Promise<Outcome> {
  const key = target.keys.key(file.path);
  const there = target.listed(key);
  if (there && (await isFromSameObject(file, key, target))) return { status: "present", key };
  if (!there && settings.dryRun) return { status: "copied", key, replaced: false };
  const source = await file.open();
  try {
    const prepared = await target.prepare(source, file.path);
    const original = await digest(source, target.options);
    const expected = prepared.source === source ? original : await digest(prepared.source, target.options);
    if (there) {
      if (await isSame(key, target, original, expected)) return { status: "present", key };
      if (!settings.overwrite) return conflict(key);
      if (settings.dryRun) return { status: "copied", key, replaced: true };
    }
    const metadata = {
      [SOURCE_SHA256]: original.sha256,
      ...(file.etag && { [SOURCE_ETAG]: bareTag(file.etag) ?? "" }),
    };
    // Before the image itself: what is there counts as complete, also after a run that was killed.
    const warning = await putSizes(file.path, target, prepared);
    if (!(await target.put(key, prepared, metadata, !there))) {
      // Somebody was faster: another run of this command, or Ghost itself.
      return (await isSame(key, target, original, expected)) ? { status: "present", key } : conflict(key);
    }
    await check(key, target, original, expected, settings.verify);
    return { status: "copied", key, replaced: there !== undefined, warning };
  } finally {
    await source.close();
  }
}

/** An image that cannot be resized is still an image. @returns what went wrong */
async function putSizes(path: string, target: Target, prepared: Prepared): Promise<string | undefined> {
  try {
    await target.putSizes(path, prepared);
    return undefined;
  } catch (error) {
    return `its sizes were not made: ${(error as Error).message}`;
  }
}

const conflict = (key: string): Outcome => ({
  status: "conflict",
  key,
  reason: "the bucket holds something else under this name",
});

/** Between buckets nothing has to be read to see that an object was copied before. */
async function isFromSameObject({ etag, size }: SourceFile, key: string, target: Target): Promise<boolean> {
  const bare = bareTag(etag);
  if (!bare) return false;
  const there = target.listed(key);
  if (there?.etag === bare && there.size === size) return true;
  const head = await target.around.store.head(key);
  return head?.Metadata?.[SOURCE_ETAG] === bare;
}

/** The same bytes as would be stored now; or the same source, stored at a time of other options. */
async function isSame(key: string, target: Target, original: Digest, expected: Digest): Promise<boolean> {
  const there = target.listed(key);
  if (there?.size === expected.size && there.etag === expected.etag) return true;
  const head = await target.around.store.head(key);
  if (head?.Metadata?.[SOURCE_SHA256] === original.sha256) return true;
  return head?.ContentLength === expected.size && bareTag(head.ETag) === expected.etag;
}

async function check(key: string, target: Target, original: Digest, expected: Digest, mode: VerifyMode): Promise<void> {
  try {
    await verify(target.around.store, key, expected, original.sha256, mode);
  } catch (error) {
    if (!(error instanceof VerificationError)) throw error;
    // Another run would take it for the file.
    await target.around.store.delete(key);
    throw new VerificationError(`${error.message} The object was deleted again.`, { cause: error });
  }
}
