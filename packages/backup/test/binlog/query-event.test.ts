import { describe, expect, it } from "vitest";
import { crc32 } from "node:zlib";
import { readHeader } from "../../src/binlog/events.ts";
import { readQuery, withDatabase } from "../../src/binlog/query-event.ts";
import { query } from "./log-bytes.ts";

describe("a statement in the log", () => {
  it("says which database was chosen and which it changes", () => {
    const bytes = query("shop", "DROP TABLE ghost.posts", ["ghost", "ümläut"]);
    expect(readQuery(bytes, true)).toEqual({
      database: "shop",
      changes: ["ghost", "ümläut"],
      statement: "DROP TABLE ghost.posts",
      frame: false,
    });
    expect(readQuery(query("", "CREATE USER x"), true)).toMatchObject({ database: "", changes: undefined });
  });

  it("may only begin or end a transaction", () => {
    for (const statement of ["BEGIN", "COMMIT", "ROLLBACK TO `a`", "SAVEPOINT `a`", "XA START X'31',X'',1"]) {
      expect(readQuery(query("shop", statement, []), true).frame, statement).toBe(true);
    }
    expect(readQuery(query("shop", "XATABLE", []), true).frame).toBe(false);
  });

  it.each(["", "shop", "a much longer name"])("is the same with another database chosen than %j", (chosen) => {
    const bytes = withDatabase(query(chosen, "ALTER TABLE ghost.t ADD c INT", ["ghost"]), true, "ghost");
    expect(readQuery(bytes, true)).toMatchObject({ database: "ghost", statement: "ALTER TABLE ghost.t ADD c INT" });
    expect(readHeader(bytes, 0).length).toBe(bytes.length);
    expect(bytes.readUInt32LE(bytes.length - 4)).toBe(crc32(bytes.subarray(0, -4)));
    expect(bytes).toEqual(query("ghost", "ALTER TABLE ghost.t ADD c INT", ["ghost"]));
  });

  it("is not guessed at", () => {
    const bytes = query("shop", "x", ["ghost"]);
    bytes.writeUInt8(99, 19 + 13);
    expect(() => readQuery(bytes, true)).toThrow("the variable 99");
  });
});
