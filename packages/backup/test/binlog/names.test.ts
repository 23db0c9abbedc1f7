import { describe, expect, it } from "vitest";
import { binlogPrefix, nextName, parseSegment, segmentKey, type Segment } from "../../src/binlog/names.ts";
import { folderOf } from "../../src/manifest/names.ts";

const ARCHIVE = { server: "blog", uuid: "3e11fa47-71ca-11e1-9e33-c80aa9429562" };
const CHAIN = "20261125T010000000Z";
const SEGMENT: Segment = {
  file: { name: "my-log.000017", birth: 1_764_032_400, before: 1234 },
  start: 197,
  end: 5_000_000_000,
  reach: Date.parse("2026-11-25T01:02:03.456Z"),
  sha256: "ab".repeat(32),
  last: false,
};

describe("the key of a piece", () => {
  it.each(["mysql", "a/b", ""])("tells all of it, below the prefix %j", (prefix) => {
    for (const encrypted of [true, false]) {
      for (const last of [true, false]) {
        const key = segmentKey(prefix, ARCHIVE, CHAIN, { ...SEGMENT, last }, encrypted);
        expect(parseSegment(prefix, key, 9)).toEqual({ ...SEGMENT, last, chain: CHAIN, encrypted, key, size: 9 });
      }
    }
  });

  it("never claims a moment that is not reached", () => {
    const key = segmentKey("mysql", ARCHIVE, CHAIN, { ...SEGMENT, reach: SEGMENT.reach + 0.9 }, false);
    expect(parseSegment("mysql", key, 1)?.reach).toBe(SEGMENT.reach);
  });

  it("is in the order of the log", () => {
    const keys = [999, 1000, 20_000].map((start) => segmentKey("", ARCHIVE, CHAIN, { ...SEGMENT, start }, false));
    expect(keys.toReversed().toSorted()).toEqual(keys);
  });

  it("is not in the way of backups, nor of their lifecycle", () => {
    for (const prefix of ["mysql", "a/b"]) expect(`${binlogPrefix(prefix)}/`).not.toContain(folderOf(prefix));
    expect(parseSegment("mysql", "mysql/blog/ghost/20261125T010000Z/manifest.json", 1)).toBeUndefined();
    expect(parseSegment("mysql", `${binlogPrefix("mysql")}/blog/x`, 1)).toBeUndefined();
  });
});

describe("the next file", () => {
  it.each([
    ["binlog.000009", "binlog.000010"],
    ["binlog.999999", "binlog.1000000"],
    ["a.1.000001", "a.1.000002"],
  ])("of %s is %s", (name, next) => expect(nextName(name)).toBe(next));
});
