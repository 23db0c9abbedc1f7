import { describe, expect, it } from "vitest";
import { differences } from "../../src/dump/comparison.ts";
import { ContentsReader, type Contents } from "../../src/dump/contents.ts";
import { DUMP, inPieces } from "./dump-text.ts";

function read(text: string, bytes = 4096): Contents {
  const reader = new ContentsReader();
  for (const piece of inPieces(text, bytes)) reader.push(piece);
  return reader.end();
}

describe("the contents of a dump", () => {
  it("are its tables with their rows, its definitions and whose rights they need", () => {
    const contents = read(DUMP);
    expect(contents.tables.map(({ name, rows }) => [name, rows])).toEqual([
      ["po`sts; a", 3],
      ["empty", 0],
    ]);
    expect(contents.definitions.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      "table po`sts; a",
      "table empty",
      "trigger count it",
      "function two",
      "view seen",
    ]);
    expect(contents.definers).toEqual([
      { user: "no body", host: "%" },
      { user: "root", host: "localhost" },
    ]);
    expect(contents.bytes).toBe(Buffer.byteLength(DUMP));
  });

  it("name the place in the binary log", () => {
    expect(read(DUMP).position).toEqual({
      file: "binlog.000002",
      offset: 1570,
      gtid: "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5,4e11fa47-71ca-11e1-9e33-c80aa9429562:1-7",
    });
  });

  it("do not depend on where the stream was cut", () => {
    expect(read(DUMP, 5)).toEqual(read(DUMP));
  });

  it("are refused without the last line, or with something behind it", () => {
    expect(() => read(DUMP.replace("-- Dump completed\n", ""))).toThrow(/Dump completed/);
    expect(() => read(`${DUMP}SELECT 1;\n`)).toThrow(/Dump completed/);
    expect(() => read(DUMP.slice(0, 1200))).toThrow(/not whole|middle|Dump completed/);
  });

  it("of two dumps differ in what differs", () => {
    const before = read(DUMP);
    const changed = DUMP.replace("(2,'',0x00FF)", "(2,'',0x00FE)")
      .replace("RETURN 2", "RETURN 3")
      .replace("STRICT_TRANS_TABLES", "");
    expect(differences(before, read(changed))).toEqual([
      "table po`sts; a has 3 rows, but not the same",
      "trigger count it is defined otherwise",
      "function two is defined otherwise",
    ]);
    const fewer = read(DUMP.replace("INSERT INTO `po``sts; a` VALUES (3,'\\\\',1.5);\n", ""));
    expect(differences(before, fewer)).toEqual(["table po`sts; a has 2 rows instead of 3"]);
    expect(differences(before, before)).toEqual([]);
  });
});
