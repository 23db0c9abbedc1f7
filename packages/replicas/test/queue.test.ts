import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { Queue } from "../src/queue.ts";

test("one comes after the other, also after one that fails", async () => {
  const queue = new Queue();
  const seen: string[] = [];
  const slow = queue.run(async () => {
    await sleep(10);
    seen.push("slow");
    throw new Error("broken");
  });
  const fast = queue.run(async () => {
    seen.push("fast");
    return 7;
  });
  await expect(slow).rejects.toThrow("broken");
  expect(await fast).toBe(7);
  expect(seen).toEqual(["slow", "fast"]);
});
