import { describe, expect, it } from "vitest";
import { readInsert, RowSummer, sumRows } from "../../src/dump/rows.ts";

function sum(...lines: string[]): ReturnType<RowSummer["result"]> & { table: string } {
  const summer = new RowSummer();
  let table = "";
  for (const line of lines) {
    const bytes = Buffer.from(line);
    const insert = readInsert(bytes);
    ({ table } = insert);
    sumRows(bytes, insert.from, summer);
  }
  return { table, ...summer.result() };
}

describe("the sum of rows", () => {
  it("counts rows whose values look like the end of a row", () => {
    expect(sum("INSERT INTO `a` VALUES (1,'),(\\'),('),(2,');');")).toMatchObject({ table: "a", rows: 2 });
  });

  it("does not depend on their order or on how many an INSERT holds", () => {
    const { checksum } = sum("INSERT INTO `a` VALUES (1,'x'),(2,'y'),(3,NULL);");
    expect(sum("INSERT INTO `a` VALUES (3,NULL);", "INSERT INTO `a` VALUES (2,'y'),(1,'x');").checksum).toBe(checksum);
  });

  it("differs for one byte, one row more, and a row twice", () => {
    const sums = ["(1)", "(2)", "(1),(1)", "(1),(1),(1)", "('1')", "(1),(2)"].map(
      (rows) => sum(`INSERT INTO \`a\` VALUES ${rows};`).checksum,
    );
    expect(new Set(sums).size).toBe(sums.length);
  });

  it("reads names and lists of columns that hold anything", () => {
    expect(sum("INSERT INTO `a``b` (`VALUES (`, `c``d`) VALUES (1,2);")).toMatchObject({ table: "a`b", rows: 1 });
  });

  it.each([
    "INSERT INTO `a` VALUES (1",
    "INSERT INTO `a` VALUES (1,'a);",
    "INSERT INTO `a` VALUES (1)(2);",
    "INSERT INTO `a`;",
  ])("refuses what mysqldump never writes: %s", (line) => {
    expect(() => sum(line)).toThrow(/cannot be read/);
  });

  it("is a sum modulo 2^128: thousands of rows carry through all words", () => {
    const one = new RowSummer();
    const other = new RowSummer();
    for (let row = 0; row < 5000; row += 1) one.add(Buffer.from(`(${row})`));
    for (let row = 4999; row >= 0; row -= 1) other.add(Buffer.from(`(${row})`));
    expect(one.result()).toEqual(other.result());
    expect(one.result().checksum).toMatch(/^[0-9a-f]{32}$/);
  });
});
