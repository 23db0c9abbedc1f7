import { log } from "../observation/log.ts";
import { isTaken, statusOf } from "./failure.ts";
import type { Store } from "./store.ts";

const PROBE_KEY = ".storage-s3/conditional-write-probe";

const BODY = Buffer.from("Written once to learn whether this store knows conditional writes.\n");

const NOT_IMPLEMENTED = 501;
const INVALID = 400;

/**
 * Finds out whether a store refuses `If-None-Match: *` on a key that exists. Stores that do not know the header ignore
 * it and overwrite, so the answer must be tried; the probe object stays, which makes the next answer one request.
 * @throws what the store throws when it refuses writes at all
 */
export async function probeConditionalWrites(store: Store, prefix: string): Promise<boolean> {
  const key = probeKey(prefix);
  const refused = async (): Promise<boolean> => {
    try {
      await store.put(key, BODY, { ContentType: "text/plain" }, true);
      return false;
    } catch (error) {
      if (isTaken(error)) return true;
      throw error;
    }
  };
  let known: boolean;
  try {
    known = (await refused()) || (await refused());
  } catch (error) {
    if (!isUnknown(error)) throw error;
    known = false;
  }
  if (!known) {
    log("warn", "this store has no conditional writes: every upload gets a random suffix in its name", {
      operation: "PutObject",
      key,
    });
  }
  return known;
}

/**
 * The same for the end of an upload in parts, which some stores learned later than PUT.
 * Asked only after {@link probeConditionalWrites}, which leaves an object to meet.
 */
export async function probeConditionalCompletes(store: Store, prefix: string): Promise<boolean> {
  const key = probeKey(prefix);
  const uploadId = await store.createUpload(key, { ContentType: "text/plain" });
  try {
    const part = await store.uploadPart(key, uploadId, 1, BODY, new AbortController().signal);
    await store.completeUpload(key, uploadId, [part], true);
  } catch (error) {
    // Why the probe failed matters more than that its part could not be removed; that is in the log.
    await Promise.allSettled([store.abortUpload(key, uploadId)]);
    if (isTaken(error)) return true;
    if (!isUnknown(error)) throw error;
  }
  log(
    "warn",
    "this store has no conditional end of multipart uploads: large files get a random suffix in their names",
    {
      operation: "CompleteMultipartUpload",
      key,
    },
  );
  return false;
}

const probeKey = (prefix: string): string => [prefix, PROBE_KEY].filter(Boolean).join("/");

/** A store that does not know the header may refuse it instead of ignoring it. */
function isUnknown(error: unknown): boolean {
  const status = statusOf(error);
  return status === NOT_IMPLEMENTED || status === INVALID;
}
