import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { DeadlineRetryStrategy } from "../src/store/retry.ts";

const TRANSIENT = { errorType: "TRANSIENT" } as const;

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

/** Asks for another attempt; the waiting time of the strategy passes at once. */
async function again(
  strategy: DeadlineRetryStrategy,
  token: Awaited<ReturnType<typeof strategy.acquireInitialRetryToken>>,
) {
  const next = strategy.refreshRetryTokenForRetry(token, TRANSIENT);
  const settled = next.then(
    () => true,
    () => false,
  );
  await vi.runAllTimersAsync();
  return { token: next, granted: await settled };
}

test("another attempt is granted up to the limit", async () => {
  const strategy = new DeadlineRetryStrategy(3, 60_000);
  const first = await again(strategy, await strategy.acquireInitialRetryToken("s3"));
  const second = await again(strategy, await first.token);
  expect([first.granted, second.granted]).toEqual([true, true]);
  expect((await again(strategy, await second.token)).granted).toBe(false);
});

test("none is granted when the time is up, however many are left", async () => {
  const strategy = new DeadlineRetryStrategy(10, 5000);
  const first = await strategy.acquireInitialRetryToken("s3");
  vi.advanceTimersByTime(5001);
  await expect(strategy.refreshRetryTokenForRetry(first, TRANSIENT)).rejects.toThrow("No time left");
});

test("the time counts from the first attempt, not from the last", async () => {
  const strategy = new DeadlineRetryStrategy(10, 5000);
  const first = await strategy.acquireInitialRetryToken("s3");
  vi.advanceTimersByTime(4000);
  const second = await again(strategy, first);
  expect(second.granted).toBe(true);
  vi.advanceTimersByTime(2000);
  await expect(strategy.refreshRetryTokenForRetry(await second.token, TRANSIENT)).rejects.toThrow("No time left");
});
