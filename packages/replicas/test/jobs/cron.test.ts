import { expect, test } from "vitest";
import { samePeriod } from "../../src/jobs/cron.ts";

test.each([
  ["38 41 0 * * *", "1 2 5 * * *"],
  ["5 4 * * *", "59 23 * * *"],
  ["0 0 1 * *", "30 4 1 * *"],
  ["  1 2  3 * * *", "4 5 6 * * *"],
])("%s and %s come equally often", (one, other) => {
  expect(samePeriod(one, other)).toBe(true);
});

test.each([
  ["38 41 0 * * *", "38 41 0 * * 1"],
  ["38 41 0 * * *", "38 41 */6 * * *"],
  ["5 4 * * *", "5 * * * *"],
  ["5 4 * * *", "0 5 4 * * *"],
  ["0 0 1 * *", "0 0 2 * *"],
])("%s and %s do not", (one, other) => {
  expect(samePeriod(one, other)).toBe(false);
});
