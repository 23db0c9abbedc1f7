import { EXIT, Failure, interrupted } from "../failure.ts";
import type { Log } from "../log.ts";
import { copyObject } from "../store/copy.ts";
import { isMissing, storeFailure } from "../store/failure.ts";
import type { Store, StoredObject } from "../store/store.ts";
import { sameBytes } from "./comparison.ts";
import { findListed } from "./listing.ts";
import { bareEtag } from "./names.ts";

/** An object that is written faster than it is copied is a mistake of somebody else. */
const CHANGES = 5;

export type Version = Pick<StoredObject, "key" | "size" | "etag">;

export interface Copied {
  /** What was copied: what was there when the copy was made. */
  readonly version: Version;
  readonly key: string;
  /** Of the copy. */
  readonly etag: string;
}

export interface VersionCopy {
  readonly from: Store;
  readonly version: Version;
  readonly to: Store;
  /** The copy's key. */
  readonly name: (version: Version) => string;
  /** Whether no other version will do. */
  readonly exact?: true;
  readonly effect: string;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/**
 * Copies an object and compares the copy. What changed since it was listed is copied as it is now.
 * @returns undefined when it is gone: it was deleted
 * @throws {Failure} that names the object
 */
export async function copyVersion(copy: VersionCopy): Promise<Copied | undefined> {
  const { from, signal } = copy;
  let { version } = copy;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await copyOnce(copy, version);
    } catch (error) {
      if (signal.aborted) throw interrupted();
      const now = await from.attempt("ListObjectsV2", copy.effect, () => findListed(from, version.key));
      // deleted is what is not listed any more; a store that lists an object and does not give it is at fault
      if (!now && isMissing(error)) return undefined;
      const changed = now && bareEtag(now.etag) !== bareEtag(version.etag);
      if (changed && copy.exact) throw notCopied(copy, overwritten(copy));
      if (attempt === CHANGES || (now && !changed)) throw notCopied(copy, error);
      version = now ?? version;
    }
  }
}

async function copyOnce({ from, to, name, effect, log, signal }: VersionCopy, version: Version): Promise<Copied> {
  const key = name(version);
  const etag = await copyObject({ from, object: version, to, key, log, signal });
  const made = { store: to, object: { key, size: version.size, etag } };
  if (await sameBytes({ store: from, object: version }, made, signal)) return { version, key, etag };
  throw new Failure("The copy is not the same.", {
    effect,
    next: "Run it again; if it stays, the store does not copy what it holds.",
    exitCode: EXIT.mismatch,
  });
}

function overwritten({ effect }: VersionCopy): Failure {
  return new Failure("Another one lies there by now.", {
    effect,
    next: "Bring the older version of the object back, or take another backup.",
    exitCode: EXIT.mismatch,
  });
}

function notCopied({ from, to, version, effect }: VersionCopy, error: unknown): Failure {
  const failure = storeFailure(error, "CopyObject", to.bucket, effect);
  const { message, next, exitCode } = failure;
  const what = `The object ${JSON.stringify(version.key)} of the bucket "${from.bucket}" was not copied`;
  return new Failure(`${what}: ${message}`, { effect, next, exitCode, cause: failure });
}
