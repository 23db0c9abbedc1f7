import { describe, expect, test } from "vitest";
import { ByteBudget } from "../src/upload/budget.ts";

const MiB = 1024 * 1024;

/** Work that ends when it is told to. */
function work(budget: ByteBudget, bytes: number) {
  const begun = Promise.withResolvers<void>();
  const end = Promise.withResolvers<void>();
  let running = false;
  const done = budget.hold(bytes, async () => {
    running = true;
    begun.resolve();
    await end.promise;
    running = false;
  });
  return { begun: begun.promise, done, running: () => running, end: () => end.resolve() };
}

/** Long enough for everything that could have begun. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("the budget", () => {
  test("lets in what fits and lets the rest wait", async () => {
    const budget = new ByteBudget(100);
    const [a, b, c] = [work(budget, 60), work(budget, 40), work(budget, 1)];
    await Promise.all([a.begun, b.begun]);
    await settled();
    expect([budget.used, c.running()]).toEqual([100, false]);
    b.end();
    await c.begun;
    expect(budget.used).toBe(61);
    a.end();
    c.end();
    await Promise.all([a.done, b.done, c.done]);
    expect(budget.used).toBe(0);
  });

  test("is fair: small ones do not overtake a large one for ever", async () => {
    const budget = new ByteBudget(100);
    const first = work(budget, 50);
    const large = work(budget, 90);
    const small = work(budget, 10);
    await settled();
    expect([first.running(), large.running(), small.running()]).toEqual([true, false, false]);
    first.end();
    await Promise.all([large.begun, small.begun]);
    large.end();
    small.end();
    await Promise.all([first.done, large.done, small.done]);
  });

  test("gives one that is larger than all of it the whole, alone", async () => {
    const budget = new ByteBudget(100);
    const small = work(budget, 1);
    const huge = work(budget, 5000);
    await settled();
    expect(huge.running()).toBe(false);
    small.end();
    await huge.begun;
    const next = work(budget, 1);
    await settled();
    expect([budget.used, next.running()]).toEqual([100, false]);
    huge.end();
    await next.begun;
    next.end();
    await Promise.all([small.done, huge.done, next.done]);
    expect(budget.used).toBe(0);
  });

  test("is never exceeded, in whatever order work comes and ends", async () => {
    const budget = new ByteBudget(10 * MiB);
    let highest = 0;
    const sizes = Array.from({ length: 200 }, (_, index) => ((index * 7919) % 40) * 0.1 * MiB + 1);
    await Promise.all(
      sizes.map((bytes) =>
        budget.lend(Math.floor(bytes), async (buffer) => {
          expect(buffer.length).toBe(Math.floor(bytes));
          highest = Math.max(highest, budget.used);
          await settled();
          highest = Math.max(highest, budget.used);
        }),
      ),
    );
    expect(highest).toBeLessThanOrEqual(10 * MiB);
    expect(highest).toBeGreaterThan(8 * MiB);
    expect(budget.used).toBe(0);
  });

  test("comes back when work fails", async () => {
    const budget = new ByteBudget(100);
    await expect(budget.hold(100, () => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
    await expect(budget.lend(100, () => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
    expect(budget.used).toBe(0);
    expect(await budget.hold(100, async () => "in")).toBe("in");
  });

  test("is raised by the most generous, never lowered", async () => {
    const budget = new ByteBudget(10);
    const held = work(budget, 10);
    const waiting = work(budget, 5);
    await settled();
    expect(waiting.running()).toBe(false);
    budget.raise(20);
    await waiting.begun;
    budget.raise(1);
    expect(budget.limit).toBe(20);
    held.end();
    waiting.end();
    await Promise.all([held.done, waiting.done]);
  });

  test("never lends the same bytes to two at a time", async () => {
    const budget = new ByteBudget(64 * MiB);
    const lent = new Set<Buffer["buffer"]>();
    await Promise.all(
      Array.from({ length: 40 }, () =>
        budget.lend(2 * MiB, async ({ buffer }) => {
          expect(lent.has(buffer)).toBe(false);
          lent.add(buffer);
          await settled();
          lent.delete(buffer);
        }),
      ),
    );
    expect(lent.size).toBe(0);
  });
});

describe("a store that stays silent", () => {
  const silence = Object.assign(new Error("no answer"), { name: "TimeoutError" });

  test("does not keep the queue waiting for the same", async () => {
    const budget = new ByteBudget(10);
    const end = Promise.withResolvers<void>();
    const first = budget.hold(10, () => end.promise);
    const queued = [budget.hold(5, async () => "never"), budget.hold(5, async () => "never")];
    end.reject(silence);
    const outcomes = await Promise.allSettled([first, ...queued]);
    expect(outcomes).toEqual(outcomes.map(() => ({ status: "rejected", reason: silence })));
    expect(await budget.hold(10, async () => budget.used)).toBe(10);
  });

  test("for one while others get through lets the queue go on", async () => {
    const budget = new ByteBudget(10);
    const end = Promise.withResolvers<void>();
    const silent = budget.hold(5, () => end.promise);
    await budget.hold(5, async () => "through");
    const queued = budget.hold(10, async () => "through");
    end.reject(silence);
    await expect(silent).rejects.toBe(silence);
    expect(await queued).toBe("through");
  });
});
