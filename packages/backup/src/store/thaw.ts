import { setTimeout as sleep } from "node:timers/promises";
import { EXIT, Failure, orInterrupted } from "../failure.ts";
import type { Log } from "../log.ts";
import { archiveOf, DEEP, USUAL_TIME, isReadable, type ThawTier } from "./archive.ts";
import { statusOf, storeFailure } from "./failure.ts";
import type { Store, StoredObject } from "./store.ts";

/** A store that brings things back at once is not kept waiting; one that takes hours is asked once a minute. */
const FIRST_ASK_MS = 5000;
const ASK_GROWTH = 1.5;
const LAST_ASK_MS = 60_000;

/** A bucket that does not answer for a while costs nobody the hours that were waited. */
const PATIENCE_MS = 30 * 60_000;

/** What somebody wants of an archived dump. */
export interface ThawWishes {
  readonly tier: ThawTier;
  /** Days for which the store keeps the copy that it makes. */
  readonly days: number;
  /** False: ask for it and come back later. */
  readonly wait: boolean;
}

export interface ThawRequest {
  readonly store: Store;
  /** Of the dump, and of what lies beside it. */
  readonly keys: readonly string[];
  readonly wishes: ThawWishes;
  readonly log: Log;
  /** Called once when there is something to wait for, with what that is; `end` when it is over. */
  readonly onWait?: ((what: string) => { end(): void }) | undefined;
  readonly signal: AbortSignal;
}

/** Whether any of these objects has to be brought back before it can be read. */
export async function anyFrozen(store: Store, keys: readonly string[]): Promise<boolean> {
  for (const key of keys) {
    const head = await look(store, key);
    if (head !== undefined && !isReadable(head)) return true;
  }
  return false;
}

interface Awaited {
  readonly key: string;
  readonly storageClass: string;
  /** What AWS says of the time; undefined when somebody else asked. */
  readonly usual: string | undefined;
}

/**
 * Has archived objects brought back, all at once, and waits until they can be read. One that can be read, and one that is
 * not there, are left to the reader.
 * @throws {Failure} with exit code 75 when nobody wants to wait; the store goes on then, and after a signal
 */
export async function thaw(request: ThawRequest): Promise<void> {
  const { keys, wishes, log, onWait, signal } = request;
  const awaited: Awaited[] = [];
  for (const key of keys) {
    const one = await begin(request, key);
    if (one) awaited.push(one);
  }
  const [first] = awaited;
  if (!first) return;
  const { key, storageClass, usual } = first;
  if (!wishes.wait) throw comeBack(key, usual && `${wishes.tier} usually takes ${usual}`);
  const waiting = onWait?.(`waiting for ${key} from ${storageClass}${usual ? `, usually ${usual}` : ""}`);
  try {
    for (const one of awaited) {
      await readable(request, one.key);
      log.info("the dump was brought back", { key: one.key });
    }
  } catch (error) {
    throw signal.aborted ? leftStanding(key) : error;
  } finally {
    waiting?.end();
  }
}

async function begin(request: ThawRequest, key: string): Promise<Awaited | undefined> {
  const { store, wishes, log } = request;
  const head = await look(store, key);
  if (head === undefined || isReadable(head)) return undefined;
  const asked = await ask(request, key, head);
  const usual = asked ? USUAL_TIME[archiveOf(head) === DEEP ? "deep" : "flexible"][wishes.tier] : undefined;
  const { storageClass } = head;
  const facts = { key, storageClass, ...(asked && { tier: wishes.tier, usual, days: wishes.days }) };
  log.info(asked ? "the dump is archived and was asked for" : "the dump is being brought back already", facts);
  return { key, storageClass, usual };
}

const look = (store: Store, key: string): Promise<StoredObject | undefined> =>
  store.attempt("HeadObject", "Nothing was changed.", () => store.head(key));

/** @returns false when it is on its way already */
async function ask({ store, wishes }: ThawRequest, key: string, head: StoredObject): Promise<boolean> {
  if (head.restore?.ongoing) return false;
  const { tier, days } = wishes;
  if (archiveOf(head) === DEEP && tier === "Expedited") throw notFromDeep(key);
  try {
    await store.restoreObject(key, tier, days);
    return true;
  } catch (error) {
    // somebody else was faster
    if ((error as Error).name === "RestoreAlreadyInProgress") return false;
    if ((error as Error).name === "GlacierExpeditedRetrievalNotAvailable") throw noCapacity(key);
    throw storeFailure(error, "RestoreObject", store.bucket, "Nothing was changed.");
  }
}

async function readable({ store, log, signal }: ThawRequest, key: string): Promise<void> {
  let pause = FIRST_ASK_MS;
  let answered = performance.now();
  for (;;) {
    await sleep(pause, undefined, { signal });
    pause = Math.min(pause * ASK_GROWTH, LAST_ASK_MS);
    try {
      const head = await orInterrupted(store.head(key), signal);
      if (!head || isReadable(head)) return;
      answered = performance.now();
    } catch (error) {
      if (signal.aborted) throw error;
      const status = statusOf(error);
      const passing = status === undefined || status === 429 || status >= 500;
      const failure = storeFailure(error, "HeadObject", store.bucket, standing());
      if (!passing || performance.now() - answered > PATIENCE_MS) throw failure;
      log.warn("the bucket was asked whether the dump is back, and did not answer", { reason: failure.message });
    }
  }
}

const standing = (): string => "Nothing was changed; the store goes on bringing it back.";

const AGAIN = "Run the same command again: it goes on from there.";

function comeBack(key: string, usual: string | undefined): Failure {
  return new Failure(`The dump ${key} is being brought back from the archive${usual ? `: ${usual}` : ""}.`, {
    effect: standing(),
    next: AGAIN,
    exitCode: EXIT.temporary,
  });
}

function leftStanding(key: string): Failure {
  return new Failure(`It was asked to stop while it waited for ${key}.`, {
    effect: standing(),
    next: AGAIN,
    exitCode: EXIT.interrupted,
  });
}

function notFromDeep(key: string): Failure {
  return new Failure(`The dump ${key} lies in ${DEEP}, which knows no Expedited.`, {
    effect: "Nothing was changed, and nothing was asked for.",
    next: "Use --tier Standard or --tier Bulk.",
    exitCode: EXIT.usage,
  });
}

function noCapacity(key: string): Failure {
  return new Failure(`The store has no capacity for Expedited just now; ${key} was not asked for.`, {
    effect: "Nothing was changed.",
    next: "Use --tier Standard, or try again.",
    exitCode: EXIT.temporary,
  });
}
