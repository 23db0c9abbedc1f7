import { StandardRetryStrategy } from "@smithy/core/retry";
import type { RetryErrorInfo, RetryToken, StandardRetryToken } from "@smithy/types";

/**
 * The SDK's own strategy (full jitter, a quota that stops retries when a store is down) that also stops after a time:
 * three silent attempts in a row would keep an author waiting for longer than they should.
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
 */
export class DeadlineRetryStrategy extends StandardRetryStrategy {
  readonly #windowMs: number;
  readonly #started = new WeakMap<RetryToken, number>();

  /** @param windowMs time from the first attempt in which another may begin */
  constructor(maxAttempts: number, windowMs: number) {
    super(maxAttempts);
    this.#windowMs = windowMs;
  }

  override async acquireInitialRetryToken(scope: string): Promise<StandardRetryToken> {
    const token = await super.acquireInitialRetryToken(scope);
    this.#started.set(token, performance.now());
    return token;
  }

  override async refreshRetryTokenForRetry(
    token: StandardRetryToken,
    info: RetryErrorInfo,
  ): Promise<StandardRetryToken> {
    const started = this.#started.get(token) ?? performance.now();
    if (performance.now() - started > this.#windowMs) throw new Error("No time left for another attempt");
    const next = await super.refreshRetryTokenForRetry(token, info);
    this.#started.set(next, started);
    return next;
  }
}
