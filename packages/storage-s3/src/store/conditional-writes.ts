import { log } from "../observation/log.ts";
import { attemptsOf, isTaken, statusOf } from "./failure.ts";
import type { Store } from "./store.ts";

const PROBE_KEY = ".storage-s3/conditional-write-probe";

const NOT_IMPLEMENTED = 501;
const INVALID = 400;

/**
 * Finds out whether a store refuses `If-None-Match: *` on a key that exists. Stores that do not know the header ignore
 * it and overwrite, so the answer must be tried; the probe object stays, which makes the next answer one request.
 * @throws what the store throws when it refuses writes at all
 */
export async function probeConditionalWrites(store: Store, prefix: string): Promise<boolean> {
  const key = [prefix, PROBE_KEY].filter(Boolean).join("/");
  const body = Buffer.from("Written once to learn whether this store knows conditional writes.\n");
  const refused = async (): Promise<boolean> => {
    try {
      await store.put(key, body, { ContentType: "text/plain" }, true);
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
    const status = statusOf(error);
    if (status !== NOT_IMPLEMENTED && status !== INVALID) throw error;
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

/** Whether a 412 may come from our own first attempt, whose answer was lost. */
export const isAmbiguous = (error: unknown): boolean => attemptsOf(error) > 1;
