import { describe, expect, it } from "vitest";
import { Splitter, type Piece } from "../../src/dump/splitter.ts";
import { DUMP, inPieces } from "./dump-text.ts";

function split(pieces: Iterable<Buffer>): string[] {
  const splitter = new Splitter();
  const found: Piece[] = [];
  for (const piece of pieces) found.push(...splitter.push(piece));
  found.push(...splitter.end());
  return found.map(({ kind, text }) => `${kind}: ${text.toString()}`);
}

describe("the splitter", () => {
  it("cuts a dump into statements, rows and comments", () => {
    const found = split([Buffer.from(DUMP)]);
    const statements = found.filter((one) => one.startsWith("statement")).map((one) => one.slice(11).split("\n")[0]);
    expect(statements).toEqual(
      [
        "/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */",
        "/*!50503 SET NAMES utf8mb4 */",
        "CREATE TABLE `po``sts; a` (",
        "CREATE TABLE `empty` (",
        "/*!50003 SET sql_mode              = 'STRICT_TRANS_TABLES' */",
        "/*!50003 CREATE*/ /*!50017 DEFINER=`no body`@`%`*/ /*!50003 TRIGGER `count it` BEFORE INSERT ON `empty` FOR EACH ROW BEGIN",
        "/*!50003 SET sql_mode              = @saved_sql_mode */",
        "/*!50001 CREATE VIEW `seen` AS SELECT",
        "CREATE DEFINER=`root`@`localhost` FUNCTION `two`() RETURNS int",
        "/*!50001 CREATE ALGORITHM=UNDEFINED */",
      ].map((line) => (line === "/*!50001 CREATE VIEW `seen` AS SELECT" ? `${line} ` : line)),
    );
    expect(found.filter((one) => one.startsWith("rows"))).toHaveLength(2);
    expect(found.at(-1)).toBe("comment: -- Dump completed");
  });

  it("finds the same wherever the text is cut", () => {
    const whole = split([Buffer.from(DUMP)]);
    for (const bytes of [1, 2, 3, 7, 64, 100]) expect(split(inPieces(DUMP, bytes)), `by ${bytes}`).toEqual(whole);
  });

  it("follows a mode in which a backslash is only a backslash", () => {
    const text = "SET sql_mode = 'NO_BACKSLASH_ESCAPES';\nSELECT '\\';\nSET sql_mode = '';\nSELECT '\\';';\n";
    expect(split([Buffer.from(text)])).toEqual([
      "statement: SET sql_mode = 'NO_BACKSLASH_ESCAPES'",
      "statement: SELECT '\\'",
      "statement: SET sql_mode = ''",
      "statement: SELECT '\\';'",
    ]);
  });

  it.each(["CREATE TABLE `a` (", "INSERT INTO `a` VALUES (1", "SELECT 'a;\n"])(
    "refuses an end in the middle: %s",
    (text) => {
      expect(() => split([Buffer.from(text)])).toThrow(/ends in the middle/);
    },
  );
});
