import type { Options } from "../configuration/schema.ts";
import type { Log } from "../log.ts";
import { metricsOf, pushMetrics, writeTextfile, type Outcome } from "./metrics.ts";
import { sentenceOf } from "./notice.ts";
import { tell } from "./requests.ts";

type Addresses = Pick<Options, "webhookUrl" | "pingUrl" | "metricsTextfile" | "pushgatewayUrl" | "bucket" | "prefix">;

/** Everybody who has to know how a run went. */
export class Telling {
  readonly #to: Addresses;
  readonly #log: Log;

  constructor(to: Addresses, log: Log) {
    this.#to = to;
    this.#log = log;
  }

  async begun(): Promise<void> {
    if (this.#to.pingUrl) await tell("dead man's switch", `${this.#to.pingUrl}/start`, this.#log);
  }

  async ended(outcomes: readonly Outcome[], failed: boolean, now: Date): Promise<void> {
    const registry = metricsOf(outcomes, now);
    const { webhookUrl, pingUrl, metricsTextfile, pushgatewayUrl, bucket, prefix } = this.#to;
    await Promise.all([
      webhookUrl && this.#post(webhookUrl, outcomes, failed),
      pingUrl && tell("dead man's switch", failed ? `${pingUrl}/fail` : pingUrl, this.#log),
      metricsTextfile && writeTextfile(metricsTextfile, registry, this.#log),
      pushgatewayUrl && pushMetrics({ url: pushgatewayUrl, bucket, prefix }, registry, this.#log),
    ]);
  }

  async #post(url: string, outcomes: readonly Outcome[], failed: boolean): Promise<void> {
    const notices = outcomes.map(({ notice }) => notice);
    const text = notices.map(sentenceOf).join("\n") || "The backup failed before a database was looked at.";
    const body = JSON.stringify({ text, event: failed ? "failure" : "success", databases: notices });
    await tell("webhook", url, this.#log, { method: "POST", headers: { "content-type": "application/json" }, body });
  }
}
