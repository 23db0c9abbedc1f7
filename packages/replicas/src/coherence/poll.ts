import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { isMissingTable } from "../database/database.ts";
import { ensureTables } from "../database/tables.ts";
import { reasonOf } from "../failure.ts";
import type { Surroundings } from "../surroundings.ts";
import { Trouble } from "../trouble.ts";
import type { Facet } from "./facet.ts";

/** A reload that keeps failing is tried again after at most this time. */
const LONGEST_RETRY_MS = 30_000;

/** So long a reload keeps the others and the next look waiting; then it goes on beside them, as the bucket may be slow. */
const PATIENCE_MS = 1000;

const MICROSECONDS = 1e6;

interface Reading {
  readonly digest: string;
  /** Seconds since the change, at the moment of the reading; undefined where nobody noted it. */
  readonly age: number | undefined;
  /** When it was read, on this process's monotonic clock. */
  readonly at: number;
}

interface Failing {
  readonly digest: string;
  readonly times: number;
  readonly retryAt: number;
}

/**
 * Looks at the database in short intervals and reloads what is not as it was. What was seen is remembered only after
 * the reload has succeeded, so that a failed one is tried again. The first look reloads everything: whatever changed
 * while Ghost booted is taken over, too.
 */
export class Poll {
  readonly #surroundings: Surroundings;
  readonly #facets: readonly Facet[];
  readonly #applied = new Map<string, string>();
  readonly #failing = new Map<string, Failing>();
  readonly #reloading = new Set<string>();
  readonly #end = new AbortController();
  readonly #trouble: Trouble;
  #succeededAt = -Infinity;
  #doubtful = false;
  #looking: Promise<void> | undefined;

  /** @param facets in the order in which they are reloaded when several have changed */
  constructor(surroundings: Surroundings, facets: readonly Facet[]) {
    this.#surroundings = surroundings;
    this.#facets = facets;
    this.#trouble = new Trouble(surroundings.log, "The database could not be looked at for changes");
  }

  /** Time since the last look that succeeded, in ms. */
  get ageMs(): number {
    return performance.now() - this.#succeededAt;
  }

  /**
   * This process has changed something itself, in its memory too. Should another replica change that back before the
   * next look, that look would see nothing new: so it reloads whatever is known by its values alone.
   */
  doubt(): void {
    this.#doubtful = true;
  }

  start(): void {
    void this.#loop();
  }

  async stop(): Promise<void> {
    this.#end.abort();
    await this.#looking;
  }

  /**
   * Looks now; at the same time as another look, it is that one.
   * @param patienceMs longest wait for each reload; the end of all of them when it is left out
   */
  look(patienceMs?: number): Promise<void> {
    this.#looking ??= this.#look(patienceMs).finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #loop(): Promise<void> {
    const { signal } = this.#end;
    while (!signal.aborted) {
      const began = performance.now();
      await this.look(PATIENCE_MS);
      const rest = Math.max(0, this.#surroundings.options.pollInterval - (performance.now() - began));
      await sleep(rest, undefined, { signal, ref: false }).catch(() => {});
    }
  }

  async #look(patienceMs: number | undefined): Promise<void> {
    const { metrics } = this.#surroundings;
    const done = metrics.pollSeconds.startTimer();
    const doubtful = this.#doubtful;
    this.#doubtful = false;
    let readings;
    try {
      readings = await this.#read(this.#facets);
      done();
    } catch (error) {
      metrics.pollFailures.inc();
      this.#trouble.failed(error);
      this.#doubtful ||= doubtful;
      return;
    }
    this.#trouble.succeeded();
    this.#succeededAt = performance.now();
    if (doubtful) this.#forgetValues(readings);
    for (const facet of this.#facets) {
      const reading = readings.get(facet.name);
      if (!reading || !this.#isDue(facet, reading)) continue;
      const reloaded = this.#reload(facet, reading);
      if (patienceMs === undefined) await reloaded;
      else await Promise.race([reloaded, sleep(patienceMs, undefined, { ref: false })]);
    }
  }

  #forgetValues(readings: ReadonlyMap<string, Reading>): void {
    for (const { name } of this.#facets) {
      if (readings.get(name)?.age !== undefined) continue;
      // one that is under way may have begun before the change
      if (this.#reloading.has(name)) this.#doubtful = true;
      else this.#applied.delete(name);
    }
  }

  async #read(facets: readonly Facet[]): Promise<Map<string, Reading>> {
    const { database } = this.#surroundings;
    const sql = unionOf(facets);
    const ask = () => database.rows<{ facet: string; digest: string | null; age: string | number | null }>(sql);
    let at = performance.now();
    const rows = await ask().catch(async (error: unknown) => {
      if (!isMissingTable(error)) throw error;
      // a backup was restored that does not have this package's tables
      await ensureTables(database);
      at = performance.now();
      return ask();
    });
    return new Map(
      rows.map(({ facet, digest, age }) => [
        facet,
        { digest: digest ?? "", age: age === null ? undefined : Number(age) / MICROSECONDS, at },
      ]),
    );
  }

  #isDue({ name }: Facet, { digest }: Reading): boolean {
    if (this.#applied.get(name) === digest || this.#reloading.has(name)) return false;
    const failing = this.#failing.get(name);
    return failing?.digest !== digest || performance.now() >= failing.retryAt;
  }

  async #reload(facet: Facet, { digest, age, at }: Reading): Promise<void> {
    const { metrics, log, options } = this.#surroundings;
    const { name } = facet;
    this.#reloading.add(name);
    try {
      await facet.reload();
      await this.#remember(facet, digest);
      this.#failing.delete(name);
      metrics.reloads.inc({ cause: name, outcome: "ok" });
      if (age !== undefined) metrics.convergenceSeconds.observe({ cause: name }, age + (performance.now() - at) / 1000);
    } catch (error) {
      const last = this.#failing.get(name);
      const times = last?.digest === digest ? last.times + 1 : 1;
      const wait = Math.min(options.pollInterval * 2 ** times, LONGEST_RETRY_MS);
      this.#failing.set(name, { digest, times, retryAt: performance.now() + wait });
      metrics.reloads.inc({ cause: name, outcome: "failed" });
      log.error(`A change of ${name} could not be taken over; it is tried again in ${wait / 1000} s`, error);
    } finally {
      this.#reloading.delete(name);
    }
  }

  /**
   * A reload may have begun long after the look that led to it, and have read what was changed since. Should that be
   * changed back before the next look, the digest would be the one that was seen: so it is read again, at once.
   */
  async #remember(facet: Facet, digest: string): Promise<void> {
    const { log } = this.#surroundings;
    const now = await this.#read([facet]).catch((error: unknown) => {
      log.warn(
        `It is not known whether ${facet.name} changed meanwhile; that is reloaded once more: ${reasonOf(error)}`,
      );
    });
    if (now?.get(facet.name)?.digest === digest) this.#applied.set(facet.name, digest);
    else this.#applied.delete(facet.name);
  }
}

/** One statement for all of them, so that a look costs one round trip. */
function unionOf(facets: readonly Facet[]): string {
  const each = facets.map(
    ({ name, sql }, index) =>
      `SELECT '${name}' AS facet, CAST(f${index}.digest AS CHAR) AS digest,
       TIMESTAMPDIFF(MICROSECOND, f${index}.changed_at, UTC_TIMESTAMP(3)) AS age FROM (${sql}) AS f${index}`,
  );
  return each.join("\nUNION ALL ");
}
