import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import type { Log } from "../src/log.ts";
import { Rounds } from "../src/rounds.ts";

const EVERY_MS = 5;

function record(work: (round: number) => Promise<void | "idle">) {
  const lines: string[] = [];
  const line = (message: string) => void lines.push(message);
  const log = { info: line, warn: line, error: line } satisfies Log;
  let round = 0;
  const rounds = new Rounds({ failure: "It fails", everyMs: EVERY_MS, work: () => work((round += 1)), log });
  return { rounds, lines, count: () => round };
}

test("a round follows the end of the one before, and none follows the stop", async () => {
  let atOnce = 0;
  const { rounds, count } = record(async () => {
    atOnce += 1;
    expect(atOnce).toBe(1);
    await sleep(EVERY_MS * 2);
    atOnce -= 1;
  });
  rounds.start();
  void rounds.now();
  await sleep(EVERY_MS * 20);
  await rounds.stop();
  expect(atOnce).toBe(0);
  const done = count();
  expect(done).toBeGreaterThan(1);
  await sleep(EVERY_MS * 5);
  expect(count()).toBe(done);
});

test("failures are logged once, and so is their end; an idle round ends nothing", async () => {
  const { rounds, lines } = record(async (round) => {
    if (round === 1 || round === 2) throw new Error("away");
    return round === 3 ? "idle" : undefined;
  });
  for (let round = 1; round <= 3; round += 1) await rounds.now();
  expect(lines).toEqual(["It fails"]);
  await rounds.now();
  await rounds.now();
  expect(lines).toEqual(["It fails", "It works again. Before: It fails"]);
});

test("a round that failed is followed sooner when that is wanted", async () => {
  const log = { info: () => {}, warn: () => {}, error: () => {} } satisfies Log;
  let done = 0;
  const work = async () => {
    done += 1;
    if (done < 3) throw new Error("away");
  };
  const rounds = new Rounds({ failure: "It fails", everyMs: 60_000, againMs: EVERY_MS, work, log });
  rounds.start();
  await sleep(EVERY_MS * 20);
  await rounds.stop();
  expect(done).toBe(3);
});

test("what is asked for anew is not the round under way", async () => {
  const { rounds, count } = record(() => sleep(EVERY_MS));
  void rounds.now();
  await rounds.anew();
  expect(count()).toBe(2);
});
