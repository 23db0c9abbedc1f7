import { describe, expect, it } from "vitest";
import { compareKeys, matched, orderedListing } from "../../src/content/listing.ts";
import { Parallel } from "../../src/content/parallel.ts";
import type { Store } from "../../src/store/store.ts";

async function* from<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

const nameOf = (left: string): string | undefined => (left.startsWith("?") ? undefined : left);

async function pairs(lefts: readonly string[], rights: readonly string[]): Promise<[string, string | undefined][]> {
  const found: [string, string | undefined][] = [];
  for await (const pair of matched(from(lefts), nameOf, from(rights), (right) => right)) found.push(pair);
  return found;
}

function listing(...keys: string[]): AsyncGenerator<unknown> {
  const objects = keys.map((key) => ({ key, size: 1, storageClass: "STANDARD", etag: undefined }));
  return orderedListing({ bucket: "b", list: () => from(objects) } as unknown as Store, "", "Nothing was done.");
}

async function drain(items: AsyncIterable<unknown>): Promise<void> {
  for await (const item of items) void item;
}

describe("two listings", () => {
  it.each([
    [[], [], []],
    [["a"], [], [["a", undefined]]],
    [[], ["a"], []],
    [
      ["a", "b", "d"],
      ["b", "c", "d", "e"],
      [
        ["a", undefined],
        ["b", "b"],
        ["d", "d"],
      ],
    ],
    [
      ["a", "?a", "b"],
      ["a", "b"],
      [
        ["a", "a"],
        ["?a", undefined],
        ["b", "b"],
      ],
    ],
    // in the order of UTF-8, where the last character of the first plane comes before those beyond it
    [
      ["\uFFFD", "\u{1F44B}"],
      ["\uFFFD", "\u{1F44B}"],
      [
        ["\uFFFD", "\uFFFD"],
        ["\u{1F44B}", "\u{1F44B}"],
      ],
    ],
  ])("%j and %j side by side", async (lefts, rights, expected) => {
    expect(await pairs(lefts, rights)).toEqual(expected);
  });

  it("lets both go when nobody wants more", async () => {
    const ended: string[] = [];
    async function* endless(name: string): AsyncGenerator<string> {
      try {
        for (let number = 0; ; number += 1) yield String(number).padStart(9, "0");
      } finally {
        ended.push(name);
      }
    }
    for await (const [left] of matched(endless("left"), String, endless("right"), String))
      if (left >= "000000005") break;
    expect(ended.toSorted()).toEqual(["left", "right"]);
  });

  it("must be in the order of UTF-8", async () => {
    await drain(listing("a", "a/b", "a0", "\uFFFD", "\u{1F44B}"));
    await expect(drain(listing("b", "a"))).rejects.toThrow(/another order/);
    await expect(drain(listing("\u{1F44B}", "\uFFFD"))).rejects.toThrow(/another order/);
    expect(compareKeys("a", "a")).toBe(0);
  });
});

describe("work on many at once", () => {
  it("gives results in order, and is never on more than 16", async () => {
    let busy = 0;
    let most = 0;
    const work = async (item: number): Promise<number> => {
      busy += 1;
      most = Math.max(most, busy);
      await new Promise((resolve) => setTimeout(resolve, item % 7));
      busy -= 1;
      return item;
    };
    const items = Array.from({ length: 200 }, (_, index) => index);
    const results: number[] = [];
    const parallel = new Parallel(work, new AbortController().signal);
    for await (const result of parallel.results(from(items))) results.push(result);
    expect(results).toEqual(items);
    expect(most).toBe(16);
  });

  it("begins nothing after a failure, and waits for what is under way", async () => {
    const begun: number[] = [];
    const done: number[] = [];
    const work = async (item: number): Promise<number> => {
      begun.push(item);
      if (item === 3) throw new Error("three");
      await new Promise((resolve) => setTimeout(resolve, 30));
      done.push(item);
      return item;
    };
    const items = Array.from({ length: 100 }, (_, index) => index);
    const parallel = new Parallel(work, new AbortController().signal);
    await expect(drain(parallel.results(from(items)))).rejects.toThrow("three");
    await parallel.settled();
    expect(begun.length).toBeLessThanOrEqual(16);
    expect(done.length).toBe(begun.length - 1);
  });
});
