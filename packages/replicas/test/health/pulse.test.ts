import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import type { Session } from "../../src/database/database.ts";
import { Pulse } from "../../src/health/pulse.ts";

const EVERY_MS = 5;

test("grows old while the database does not answer, and young again", async () => {
  let away = false;
  const rows = async () => {
    if (away) throw new Error("away");
    return [];
  };
  const pulse = new Pulse({ rows } as unknown as Session, EVERY_MS, { info() {}, warn() {}, error() {} });
  pulse.start();
  away = true;
  await sleep(EVERY_MS * 20);
  expect(pulse.ageMs).toBeGreaterThan(EVERY_MS * 15);
  away = false;
  await expect.poll(() => pulse.ageMs, { interval: 1 }).toBeLessThan(EVERY_MS * 15);
});
