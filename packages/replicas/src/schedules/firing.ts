import type { Leadership } from "../deeds/leadership.ts";
import type { Surroundings } from "../surroundings.ts";
import { localServer, requestLocally } from "./local-request.ts";
import type { Entry, ScheduleQueue } from "./schedule-queue.ts";
import { findScheduledPost } from "./scheduled-post.ts";
import type { ServerClock } from "./server-clock.ts";

/** Requests at the same time: Ghost's pool of connections is for its readers as well. */
const AT_ONCE = 4;

/** After the first failure; it doubles with each further one. */
const RETRY_MS = 5000;

const LONGEST_RETRY_MS = 60_000;

/** What is not a post is asked for so often, about half an hour; Ghost has other ways to come to it. */
const MOST_FAILURES = 30;

/** A timer is set for no longer, so that a clock that is set is noticed. */
const LONGEST_SLEEP_MS = 10_000;

/** What became of an attempt: over, or to be fired (again) at a time. */
type Outcome = { readonly over: string } | { readonly at: number };

/** Makes the requests of the queue when their time has come, as long as this replica is the leader. */
export class Firing {
  readonly #surroundings: Surroundings;
  readonly #leadership: Leadership;
  readonly #queue: ScheduleQueue;
  readonly #clock: ServerClock;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(surroundings: Surroundings, leadership: Leadership, queue: ScheduleQueue, clock: ServerClock) {
    this.#surroundings = surroundings;
    this.#leadership = leadership;
    this.#queue = queue;
    this.#clock = clock;
  }

  /** Fires what is due and sets the timer for what is next. To be called after each change of the queue. */
  arm(): void {
    clearTimeout(this.#timer);
    if (this.#stopped) return;
    const room = Math.max(0, AT_ONCE - this.#queue.firing);
    for (const entry of this.#queue.due(this.#clock.now()).slice(0, room)) {
      this.#queue.begin(entry);
      void this.#fire(entry);
    }
    const next = this.#queue.nextAt();
    if (next === undefined || this.#queue.firing >= AT_ONCE) return;
    const wait = Math.min(LONGEST_SLEEP_MS, Math.max(0, Math.ceil(next - this.#clock.now())));
    this.#timer = setTimeout(() => this.arm(), wait);
    this.#timer.unref();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #fire(entry: Entry): Promise<void> {
    const { metrics, log } = this.#surroundings;
    try {
      const outcome = await this.#attempt(entry);
      if ("at" in outcome) this.#queue.end(entry, outcome.at);
      else {
        this.#queue.end(entry);
        metrics.deeds.inc({ deed: "schedule", outcome: outcome.over });
      }
    } catch (error) {
      entry.failures += 1;
      const last = entry.postId === undefined && entry.failures >= MOST_FAILURES;
      const wait = Math.min(RETRY_MS * 2 ** (entry.failures - 1), LONGEST_RETRY_MS);
      metrics.deeds.inc({ deed: "schedule", outcome: "failed" });
      log.error(`${entry.key} failed${last ? "" : `; it is tried again in ${wait / 1000} s`}`, error);
      this.#queue.end(entry, last ? undefined : this.#clock.now() + wait);
    }
    this.arm();
  }

  async #attempt(entry: Entry): Promise<Outcome> {
    const { database, ghost, log } = this.#surroundings;
    // a new leader has its queue from the database
    if (!(await this.#leadership.confirm())) return { over: "not the leader" };
    const early = entry.postId === undefined ? undefined : await this.#tooEarly(entry, entry.postId);
    if (early) return early;
    const { config } = ghost;
    const { url, extra } = entry.request;
    const status = await requestLocally(localServer(config), url, extra?.httpMethod ?? "PUT", { force: true });
    if (status < 200 || status > 299) throw new Error(`Ghost answered ${status}`);
    if (entry.postId !== undefined) {
      const left = await findScheduledPost(database, entry.postId);
      if (left && isOf(entry, left.second)) throw new Error(`Ghost answered ${status} but did not publish it`);
      log.info(`Published ${entry.key} ${((this.#clock.now() - entry.time) / 1000).toFixed(1)} s after its time`);
    }
    return { over: "done" };
  }

  /** Why a post must not be published now: the row in the database says what is wanted. */
  async #tooEarly(entry: Entry, postId: string): Promise<Outcome | undefined> {
    const post = await findScheduledPost(this.#surroundings.database, postId);
    if (!post || !isOf(entry, post.second)) return { over: "not wanted any more" };
    return post.waitMs > 0 ? { at: this.#clock.now() + post.waitMs } : undefined;
  }
}

function isOf({ time }: Entry, second: number): boolean {
  return Math.floor(time / 1000) === second;
}
