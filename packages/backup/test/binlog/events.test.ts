import { describe, expect, it } from "vitest";
import {
  closedFormat,
  committedAt,
  EVENT,
  EventReader,
  hasChecksums,
  readHeader,
  type EventPart,
} from "../../src/binlog/events.ts";
import { Failure } from "../../src/failure.ts";
import { event, format, gtid, query, rows } from "./log-bytes.ts";

const LOG = [format(1000), gtid(5), query("ghost", "BEGIN"), rows(3000), event(16, 1, Buffer.alloc(8)), rows(1)];

function read(bytes: Buffer, step: number): EventPart[] {
  const reader = new EventReader();
  const parts: EventPart[] = [];
  for (let at = 0; at < bytes.length; at += step) parts.push(...reader.push(bytes.subarray(at, at + step)));
  reader.end();
  return parts;
}

describe("the events of a binary log", () => {
  it.each([1, 2, 18, 19, 20, 97, 1024, 100_000])("are found in chunks of %i bytes", (step) => {
    const bytes = Buffer.concat(LOG);
    const parts = read(bytes, step);
    expect(Buffer.concat(parts.map((part) => part.bytes))).toEqual(bytes);
    const headers = parts.flatMap(({ header }) => header ?? []);
    expect(headers.map(({ type }) => type)).toEqual([EVENT.format, EVENT.gtid, EVENT.query, 30, 16, 30]);
    expect(headers.map(({ length }) => length)).toEqual(LOG.map(({ length }) => length));
    // what is looked into comes whole
    const whole = parts.filter(({ header }) => header?.type === EVENT.query || header?.type === EVENT.gtid);
    expect(whole.map((part) => part.bytes.length)).toEqual([LOG[1]?.length, LOG[2]?.length]);
  });

  it("are not cut without a word", () => {
    const bytes = Buffer.concat(LOG);
    for (const cut of [1, 4, bytes.length - 5, bytes.length - 30]) {
      expect(() => read(bytes.subarray(0, cut), 64), String(cut)).toThrow(Failure);
    }
  });

  it("are no events when one is shorter than its header", () => {
    const broken = rows(10);
    broken.writeUInt32LE(18, 9);
    expect(() => read(broken, 64)).toThrow("an event has the length 18");
  });

  it("tell when a transaction was committed, to the microsecond", () => {
    const time = Date.parse("2026-11-25T01:02:03.456Z") + 0.789;
    const bytes = gtid(time);
    expect(committedAt(readHeader(bytes, 0), bytes)).toBeCloseTo(time, 3);
    const other = query("ghost", "BEGIN");
    expect(committedAt(readHeader(other, 0), other)).toBeUndefined();
    const tagged = event(EVENT.taggedGtid, 1234);
    expect(committedAt(readHeader(tagged, 0), tagged)).toBe(1_234_000);
  });

  it("are of a closed file, whatever the server said", () => {
    const open = format(1);
    open.writeUInt16LE(1, 17);
    expect(closedFormat(open)).toEqual(format(1));
    expect(open.readUInt16LE(17)).toBe(1);
  });

  it("have checksums when the first one says so", () => {
    expect(hasChecksums(format(1))).toBe(true);
    expect(hasChecksums(event(EVENT.format, 1, Buffer.from([4, 0, 0, 0])))).toBe(false);
  });
});
