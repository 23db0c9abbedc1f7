import { performance } from "node:perf_hooks";
import autocannon from "autocannon";

export interface Outcome {
  readonly answered: number;
  /** Answers that were not 2xx, and requests that got none. */
  readonly lost: number;
  readonly p99Ms: number;
  /** For whoever reads the log of a test: how many of each status, and of none. */
  readonly text: string;
}

/** In seconds; whoever starts requests stops them. */
const LONG = 3600;

/** Requests over connections that are kept, until they are stopped. */
export class Requests {
  readonly #running: autocannon.Instance;
  readonly #ended: Promise<autocannon.Result>;
  readonly #refusals: string[] = [];
  #count = 0;

  constructor(options: autocannon.Options) {
    const { promise, resolve, reject } = Promise.withResolvers<autocannon.Result>();
    this.#ended = promise;
    this.#running = autocannon({ duration: LONG, timeout: 30, ...options }, (error, result) =>
      error ? reject(error as Error) : resolve(result),
    );
    const began = performance.now();
    this.#running.on("response", (_client, status) => {
      this.#count += 1;
      if (status >= 300) this.#refusals.push(`${((performance.now() - began) / 1000).toFixed(1)} s`);
    });
  }

  /** Answers of any kind until now. */
  get count(): number {
    return this.#count;
  }

  async stop(): Promise<Outcome> {
    this.#running.stop();
    const { non2xx, errors, latency, statusCodeStats, ...result } = await this.#ended;
    const [answered, lost, p99Ms] = [result["2xx"], non2xx + errors, latency.p99];
    const statuses = Object.entries(statusCodeStats ?? {}).map(([status, { count }]) => `${count} of status ${status}`);
    const parts = [...statuses, ...(errors > 0 ? [`${errors} without an answer`] : []), `p99 ${p99Ms} ms`];
    if (this.#refusals.length > 0) parts.push(`not 200 after ${this.#refusals.join(", ")}`);
    return { answered, lost, p99Ms, text: parts.join(", ") };
  }
}
