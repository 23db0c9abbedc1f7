import { describe, expect, it } from "vitest";
import { DatabaseLog } from "../../src/binlog/database-log.ts";
import { EVENT, MAGIC } from "../../src/binlog/events.ts";
import type { StoredSegment } from "../../src/binlog/names.ts";
import type { OpenSegment } from "../../src/binlog/read-segment.ts";
import { event, format, gtid, query, rows } from "./log-bytes.ts";

const HEAD = Buffer.concat([MAGIC, format(1)]);

/** Pieces as they come from the bucket: in chunks, each with the first event of its file. */
async function* pieces(...contents: { readonly name: string; readonly start: number; readonly events: Buffer[] }[]) {
  for (const { name, start, events } of contents) {
    const segment = { file: { name }, start } as StoredSegment;
    const bytes = Buffer.concat([HEAD, ...events]);
    async function* chunks(): AsyncGenerator<Buffer> {
      for (let at = 0; at < bytes.length; at += 50) yield bytes.subarray(at, at + 50);
    }
    yield { segment, bytes: chunks() } satisfies OpenSegment;
  }
}

interface Taken {
  readonly bytes: Buffer;
  readonly log: DatabaseLog;
}

async function taken(source: AsyncIterable<OpenSegment>, offset: number, until?: number): Promise<Taken> {
  const log = new DatabaseLog({ database: "ghost", from: { file: "b.1", offset }, until });
  const bytes: Buffer[] = [];
  for await (const chunk of log.bytes(source)) bytes.push(chunk);
  return { bytes: Buffer.concat(bytes), log };
}

const take = async (events: Buffer[], until?: number): Promise<Buffer> =>
  (await taken(pieces({ name: "b.1", start: 0, events }), HEAD.length, until)).bytes.subarray(HEAD.length);

describe("the log of one database", () => {
  it("is one log of all pieces, from the place on", async () => {
    const [first, second, third, fourth] = [gtid(1), rows(200), gtid(2), rows(300)] as const;
    const rotate = event(EVENT.rotate, 1);
    const source = pieces(
      { name: "b.1", start: 0, events: [first, second] },
      { name: "b.1", start: HEAD.length + first.length + second.length, events: [third, rotate] },
      { name: "b.2", start: 0, events: [fourth] },
    );
    const { bytes, log } = await taken(source, HEAD.length + first.length + second.length);
    expect(bytes).toEqual(Buffer.concat([HEAD, third, format(1), fourth]));
    expect(log).toMatchObject({ transactions: 1, lastCommit: 2 });
  });

  it("ends before the first transaction that was committed later than the moment", async () => {
    const events = [gtid(10), rows(10), gtid(10.5), rows(20), gtid(11), rows(30)];
    expect(await take(events, 10)).toEqual(Buffer.concat(events.slice(0, 2)));
    expect(await take(events, 11)).toEqual(Buffer.concat(events));
    expect(await take(events, 9)).toHaveLength(0);
  });

  it("is refused when the place itself is later than the moment", async () => {
    const [early, late] = [gtid(10), gtid(20)];
    const source = pieces({ name: "b.1", start: 0, events: [early, late, rows(10)] });
    await expect(taken(source, HEAD.length + early.length + late.length, 15)).rejects.toThrow("later than the moment");
  });

  it("has statements by what they change, whatever was chosen", async () => {
    const own = query("ghost", "ALTER TABLE t ADD c INT", ["ghost"]);
    const elsewhere = query("shop", "DROP TABLE ghost.t", ["ghost"]);
    const nowhere = query("", "DROP DATABASE ghost", ["ghost"]);
    const others = [
      query("ghost", "DROP TABLE shop.t", ["shop"]),
      query("", "DROP DATABASE shop", ["shop"]),
      query("shop", "CREATE TABLE t (a INT)", ["shop"]),
      query("mysql", "CREATE USER x"),
      query("", "CREATE USER x"),
    ];
    expect(await take([own, elsewhere, ...others, nowhere])).toEqual(
      Buffer.concat([
        own,
        query("ghost", "DROP TABLE ghost.t", ["ghost"]),
        query("ghost", "DROP DATABASE ghost", ["ghost"]),
      ]),
    );
  });

  it("keeps the frame of transactions", async () => {
    const frame = [query("shop", "BEGIN"), query("", "SAVEPOINT `a`"), query("shop", "COMMIT")];
    expect(await take(frame)).toEqual(Buffer.concat(frame));
  });

  it("is refused when a statement changes another database as well", async () => {
    const both = query("ghost", "RENAME TABLE shop.t TO ghost.t", ["shop", "ghost"]);
    await expect(take([gtid(1000), both])).rejects.toThrow("RENAME TABLE shop.t TO ghost.t (changes shop, ghost)");
    await expect(take([event(EVENT.loadQuery, 1)])).rejects.toThrow("LOAD DATA");
    // what comes after the moment does not matter
    expect(await take([gtid(1000), both], 999)).toHaveLength(0);
  });
});
