import { setTimeout as delay } from "node:timers/promises";
import { attemptsOf, isConflict, isTaken, statusOf } from "../store/failure.ts";
import type { Store } from "../store/store.ts";

/** Metadata by which a write recognises its own object when the answer to it was lost. */
export const MARKER = "upload";

/** Times a write is repeated because another one to the same key is under way. */
const CONFLICT_ATTEMPTS = 4;
const CONFLICT_DELAY_MS = 100;

/** The author has waited for the write already: asking what became of it must not double that. */
const QUESTION_MS = 3000;

export interface Uploaded {
  readonly etag: string | undefined;
}

/**
 * Runs a write until it has an outcome: stored by us, or the key is taken by somebody else (undefined).
 * An answer that was lost does not make a second object: the SDK's next attempt meets our own first one, and so does
 * the check after the last.
 */
export async function settle(
  store: Store,
  key: string,
  marker: string,
  write: () => Promise<Uploaded>,
  conflictAttempts = CONFLICT_ATTEMPTS,
): Promise<Uploaded | undefined> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await write();
    } catch (error) {
      if (isConflict(error) && attempt < conflictAttempts) {
        await delay(CONFLICT_DELAY_MS * attempt * (1 + Math.random()));
        continue;
      }
      if (attempt > 1 || mayHaveHappened(error)) {
        const found = await ask(store, key, error);
        if (found?.Metadata?.[MARKER] === marker) return { etag: found.ETag };
      }
      if (isTaken(error)) return undefined;
      throw error;
    }
  }
}

/** Whether an attempt may have been carried out although we were not told: no answer came, or not to the first. */
const mayHaveHappened = (error: unknown): boolean => attemptsOf(error) > 1 || statusOf(error) === undefined;

async function ask(store: Store, key: string, failed: unknown): ReturnType<Store["head"]> {
  try {
    return await store.head(key, { signal: AbortSignal.timeout(QUESTION_MS) });
  } catch {
    // A store that answers nothing: what failed first says why.
    throw failed;
  }
}
