import { setTimeout as delay } from "node:timers/promises";
import type { Options } from "../configuration/schema.ts";
import { EXIT, Failure, reasonOf, type ExitCode } from "../failure.ts";
import type { Log } from "../log.ts";
import type { Store } from "../store/store.ts";
import { binlogMetrics, tellBinlogMetrics } from "../telling/binlog-metrics.ts";
import { tell } from "../telling/requests.ts";
import { Archiver } from "./archiver.ts";

/** For the last round after it was asked to stop; Kubernetes waits for 30 s. */
const LAST_ROUND_MS = 20_000;

export interface ArchiveServers {
  readonly options: Options;
  readonly store: Store;
  readonly log: Log;
  /** Leave when what there is now is archived. */
  readonly once: boolean;
  readonly signal: AbortSignal;
}

/**
 * Archives the binary logs of all servers until it is asked to stop, and then what is new once more. What fails is
 * tried again in the next round, whatever it is; only when no server can be archived because of a mistake, as a right
 * that is missing, it leaves at once, so that somebody sees it.
 * @returns that of the first gap or of the last round
 */
export async function archiveServers(request: ArchiveServers): Promise<ExitCode> {
  const { options, once, signal } = request;
  const last = new AbortController();
  const hurry = (): void => void setTimeout(() => last.abort(), LAST_ROUND_MS).unref();
  if (signal.aborted) hurry();
  else signal.addEventListener("abort", hurry, { once: true });
  const keepers = options.servers.map((server) => new Keeper(request, server, last.signal));
  const telling = new Teller(request, keepers);
  try {
    const codes = await Promise.all(keepers.map((keeper) => keeper.round()));
    telling.tell();
    const mistaken = codes.every((code) => code === EXIT.usage || code === EXIT.forbidden);
    if (once || mistaken) return codes.find((code) => code !== EXIT.ok) ?? EXIT.ok;
    const ends = await Promise.all(keepers.map((keeper) => keeper.keep(() => telling.tell())));
    return ends.find((code) => code !== EXIT.ok) ?? EXIT.ok;
  } finally {
    signal.removeEventListener("abort", hurry);
    await Promise.all(keepers.map(({ archiver }) => archiver.close()));
    await telling.end();
  }
}

class Keeper {
  readonly archiver: Archiver;
  readonly #request: ArchiveServers;
  readonly #last: AbortSignal;
  /** What was said last, so that it is not said again each round. */
  #trouble: string | undefined;
  #gap = false;

  constructor(request: ArchiveServers, server: Options["servers"][number], last: AbortSignal) {
    this.#request = request;
    this.#last = last;
    const { options, store, log } = request;
    this.archiver = new Archiver({ options, server, store, log, onGap: (failure) => this.#tellGap(failure) });
  }

  async round(): Promise<ExitCode> {
    const { log } = this.#request;
    const { server } = this.archiver;
    try {
      await this.archiver.round(this.#last);
      if (this.#trouble !== undefined) log.info("the binary log is archived again", { server });
      this.#trouble = undefined;
      return this.#gap ? EXIT.mismatch : EXIT.ok;
    } catch (error) {
      const reason = reasonOf(error);
      const failure = error instanceof Failure ? error : undefined;
      const exitCode = failure?.exitCode ?? EXIT.failed;
      const told = { server, effect: failure?.effect, next: failure?.next, exitCode };
      if (reason !== this.#trouble) log.error("the binary log is not archived", error, told);
      this.#trouble = reason;
      return exitCode;
    }
  }

  /** Rounds until it is asked to stop, and one more. */
  async keep(afterRound: () => void): Promise<ExitCode> {
    const { options, signal } = this.#request;
    for (let begun = performance.now(); ;) {
      const rest = Math.max(0, options.binlogInterval - (performance.now() - begun));
      await delay(rest, undefined, { signal }).catch(() => {
        // it is asked to stop
      });
      begun = performance.now();
      const stopping = signal.aborted;
      const code = await this.round();
      afterRound();
      // who waits for another one's lock has nothing that would be lost
      if (stopping) return code === EXIT.temporary ? EXIT.ok : code;
    }
  }

  #tellGap(failure: Failure): void {
    const { options, log } = this.#request;
    this.#gap = true;
    if (!options.webhookUrl) return;
    const text = `${failure.message} ${failure.effect} ${failure.next}`;
    const body = JSON.stringify({ text, event: "gap", server: this.archiver.server });
    const headers = { "content-type": "application/json" };
    void tell("webhook", options.webhookUrl, log, { method: "POST", headers, body });
  }
}

/** Whoever is told must not keep the archive waiting: what comes meanwhile is told afterwards. */
class Teller {
  readonly #request: ArchiveServers;
  readonly #keepers: readonly Keeper[];
  #telling: Promise<void> | undefined;

  constructor(request: ArchiveServers, keepers: readonly Keeper[]) {
    this.#request = request;
    this.#keepers = keepers;
  }

  tell(): void {
    this.#telling ??= this.#now().finally(() => {
      this.#telling = undefined;
    });
  }

  async end(): Promise<void> {
    await this.#telling;
    await this.#now();
  }

  #now(): Promise<void> {
    const { options, log } = this.#request;
    const states = new Map(this.#keepers.map(({ archiver }) => [archiver.server, archiver.state]));
    return tellBinlogMetrics(options, binlogMetrics(states), log);
  }
}
