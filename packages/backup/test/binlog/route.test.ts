import { describe, expect, it } from "vitest";
import { placeOf } from "../../src/binlog/archive.ts";
import type { StoredSegment } from "../../src/binlog/names.ts";
import { endOf, reachOf, routeFrom, upTo } from "../../src/binlog/route.ts";

interface Given {
  readonly chain?: string;
  readonly name?: string;
  readonly birth?: number;
  readonly before?: number;
}

function piece(start: number, end: number, reach: number, given: Given = {}): StoredSegment {
  const { chain = "a", name = "binlog.000001", birth = 1, before = 0 } = given;
  const rest = { sha256: "", last: false, encrypted: false, key: `${chain} ${name} ${start}`, size: 1 };
  return { chain, file: { name, birth, before }, start, end, reach, ...rest };
}

const NEXT = { name: "binlog.000002", before: 300 };
const WHOLE = [
  piece(0, 100, 10_000),
  piece(100, 200, 20_000),
  piece(200, 300, 30_000),
  piece(0, 50, 40_000, NEXT),
  piece(50, 90, 50_000, NEXT),
];

const from = (offset: number, file = "binlog.000001") => ({ file, offset });
const without = (index: number): StoredSegment[] => WHOLE.toSpliced(index, 1);

describe("the way through the archive", () => {
  it("goes from the piece with the event before the place to the end", () => {
    const route = routeFrom(WHOLE, from(150), 60_000);
    expect(route).toEqual(WHOLE.slice(1));
    expect(route && reachOf(route)).toBe(50_000);
    expect(route && endOf(route)).toEqual({ file: "binlog.000002", offset: 90 });
    expect(routeFrom(WHOLE, from(200), 60_000)?.[0]).toBe(WHOLE[1]);
    expect(routeFrom(WHOLE, from(50, "binlog.000002"), 60_000)).toEqual(WHOLE.slice(3));
  });

  it.each([
    [2, 20_000, "at the end of a file"],
    [1, 10_000, "in a file"],
    [3, 30_000, "at the beginning of a file"],
  ])("ends where piece %i is missing", (index, reach) => {
    const route = routeFrom(without(index), from(60), 60_000);
    expect(route && reachOf(route)).toBe(reach);
  });

  it("is none where the place itself is missing", () => {
    expect(routeFrom(without(0), from(60), 60_000)).toBeUndefined();
    expect(routeFrom(WHOLE, from(301), 60_000)).toBeUndefined();
    expect(routeFrom(WHOLE, from(60, "binlog.000003"), 60_000)).toBeUndefined();
    expect(routeFrom([], from(60), 60_000)).toBeUndefined();
  });

  it("stays in one chain, the one that goes farthest", () => {
    const anew = WHOLE.map((one) => ({ ...one, chain: "b", reach: one.reach + 1 }));
    expect(routeFrom([...without(2), ...anew], from(150), 60_000)?.[0].chain).toBe("b");
    expect(routeFrom([...WHOLE.slice(0, 1), ...anew.slice(1)], from(60), 60_000)).toEqual([WHOLE[0]]);
  });

  it("does not take a file of the same name that was begun later", () => {
    const later = piece(0, 500, 90_000, { chain: "b", birth: 70 });
    expect(routeFrom([...WHOLE, later], from(150), 60_000)?.[0]).toBe(WHOLE[1]);
    expect(routeFrom([later], from(150), 60_000)).toBeUndefined();
  });

  it("needs no piece behind the first that reaches the moment", () => {
    const route = routeFrom(WHOLE, from(60), 60_000);
    expect(route && upTo(route, 20_000)).toEqual(WHOLE.slice(0, 2));
    expect(route && upTo(route, 20_001)).toEqual(WHOLE.slice(0, 3));
    expect(route && upTo(route, 1)).toEqual(WHOLE.slice(0, 1));
    expect(route && upTo(route, 99_000)).toEqual(WHOLE);
  });

  it("takes the longer one of two pieces that begin at one place", () => {
    const longer = piece(100, 300, 31_000);
    expect(routeFrom([...WHOLE, longer], from(60), 60_000)?.[1]).toBe(longer);
  });
});

describe("where the archive goes on", () => {
  it("is the end of the last chain, whatever expired before", () => {
    expect(placeOf([])).toBeUndefined();
    expect(placeOf(WHOLE.slice(1))).toMatchObject({ chain: "a", file: { name: "binlog.000002" }, end: 90 });
    const anew = piece(0, 70, 1, { chain: "b", name: "binlog.000009" });
    expect(placeOf([...WHOLE, anew])).toMatchObject({ chain: "b", file: { name: "binlog.000009" }, end: 70 });
  });

  it("is in the file with the greatest number, not the last name", () => {
    const early = piece(0, 70, 1, { name: "binlog.999999" });
    const late = piece(0, 10, 1, { name: "binlog.1000000", before: 70 });
    expect(placeOf([late, early])).toMatchObject({ file: { name: "binlog.1000000" }, end: 10 });
  });
});
