import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cutLog, type CutLog } from "../../src/binlog/cut-log.ts";
import { EVENT, MAGIC } from "../../src/binlog/events.ts";
import { event, format, gtid, query, rows } from "./log-bytes.ts";

const HEAD = Buffer.concat([MAGIC, format(1000)]);
const EVENTS = [
  gtid(1_000_500),
  query("ghost", "BEGIN"),
  rows(3000),
  gtid(1_002_500),
  query("ghost", "BEGIN"),
  rows(40),
  event(EVENT.rotate, 1003),
];
const BODY = Buffer.concat(EVENTS);
const END = HEAD.length + BODY.length;

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "cut-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function cut(bytes: Buffer, at: number, from: number, more: object = {}): Promise<CutLog> {
  const path = join(folder, "log");
  writeFileSync(path, bytes);
  return cutLog({ log: { path, from: at }, from, settled: undefined, ...more });
}

/** Every piece holds, with the first event before it, what its name says. */
function requireSame(bytes: Buffer, { head, segments }: CutLog): void {
  for (const { at, length, sha256, start, end } of segments) {
    const content = Buffer.concat([head, bytes.subarray(at, at + length)]);
    expect(createHash("sha256").update(content).digest("hex")).toBe(sha256);
    expect(end - start).toBe(start === 0 ? content.length : length);
  }
}

describe("a file of the log", () => {
  it("becomes pieces without a gap, cut at events", async () => {
    const whole = Buffer.concat([HEAD, BODY]);
    const log = await cut(whole, 0, 0, { segmentBytes: 100 });
    requireSame(whole, log);
    expect(log.birth).toBe(1000);
    expect(log.head).toEqual(HEAD);
    const ends = log.segments.map(({ end }) => end);
    expect([0, ...ends.slice(0, -1)]).toEqual(log.segments.map(({ start }) => start));
    expect(ends.at(-1)).toBe(END);
    expect(log.segments.length).toBeGreaterThan(3);
    const boundaries = EVENTS.map((_, index) => HEAD.length + Buffer.concat(EVENTS.slice(0, index)).length);
    expect(boundaries).toEqual(expect.arrayContaining(ends.slice(0, -1)));
    expect(log.segments.map(({ last }) => last)).toEqual(ends.map((end) => end === END));
  });

  it("is reached as far as the last commit, or what the server had surely written", async () => {
    const whole = Buffer.concat([HEAD, BODY]);
    expect((await cut(whole, 0, 0)).segments).toMatchObject([{ start: 0, end: END, reach: 1_002_500, last: true }]);
    expect((await cut(whole, 0, 0, { settled: 9e9 })).segments[0]?.reach).toBe(9e9);
    expect((await cut(whole, 0, 0, { settled: 5 })).segments[0]?.reach).toBe(1_002_500);
    expect((await cut(HEAD, 0, 0)).segments).toMatchObject([{ start: 0, end: HEAD.length, reach: 1_000_000 }]);
    const [first] = (await cut(whole, 0, 0, { settled: 9e9, segmentBytes: 100 })).segments;
    expect(first?.reach).toBe(1_000_500);
  });

  it("goes on from a place, where the server sends its first event again", async () => {
    const from = HEAD.length + (EVENTS[0]?.length ?? 0);
    const bytes = Buffer.concat([HEAD, ...EVENTS.slice(1)]);
    const log = await cut(bytes, from, from);
    requireSame(bytes, log);
    expect(log.segments).toMatchObject([{ start: from, end: END }]);
    expect((await cut(HEAD, from, from)).segments).toEqual([]);
  });

  it("goes on from a place that only the whole file reaches", async () => {
    const from = HEAD.length + Buffer.concat(EVENTS.slice(0, 3)).length;
    const bytes = Buffer.concat([HEAD, BODY]);
    const log = await cut(bytes, 0, from);
    requireSame(bytes, log);
    expect(log.segments).toMatchObject([{ start: from, end: END }]);
  });

  it("is refused when it is none, or is cut", async () => {
    await expect(cut(Buffer.from("no log at all"), 0, 0)).rejects.toThrow("it does not begin as one");
    await expect(cut(MAGIC, 0, 0)).rejects.toThrow("it has no events");
    await expect(cut(Buffer.concat([MAGIC, gtid(1)]), 0, 0)).rejects.toThrow("its first event");
    await expect(cut(Buffer.concat([HEAD, BODY]).subarray(0, -1), 0, 0)).rejects.toThrow("its last event is cut");
  });
});
