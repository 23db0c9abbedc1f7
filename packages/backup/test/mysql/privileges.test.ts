import { describe, expect, it } from "vitest";
import { readGrants } from "../../src/mysql/privileges.ts";

const WHOLE = "GRANT SELECT, SHOW VIEW, EVENT, TRIGGER ON `ghost`.* TO `b`@`%`";

describe("the rights of an account", () => {
  it("are enough with those that the README names", () => {
    const rights = readGrants(["GRANT USAGE ON *.* TO `b`@`%`", "GRANT SHOW_ROUTINE ON *.* TO `b`@`%`", WHOLE]);
    expect(rights.missing("ghost")).toEqual([]);
    expect(rights.mayNotePosition).toBe(false);
    expect(rights.missing("shop")).toEqual(["SELECT, SHOW VIEW, TRIGGER, EVENT ON `shop`.*"]);
  });

  it("lack what would silently be left out", () => {
    expect(readGrants(["GRANT SELECT ON `ghost`.* TO `b`@`%`"]).missing("ghost")).toEqual([
      "SHOW VIEW, TRIGGER, EVENT ON `ghost`.*",
      "SHOW_ROUTINE ON *.*",
    ]);
    expect(readGrants(["GRANT ALL PRIVILEGES ON `ghost`.* TO `g`@`%`"]).missing("ghost")).toEqual([
      "SHOW_ROUTINE ON *.*",
    ]);
  });

  it("may be enough to read the binary log", () => {
    expect(readGrants([WHOLE]).missingForLog).toEqual(["REPLICATION SLAVE", "REPLICATION CLIENT"]);
    expect(readGrants(["GRANT REPLICATION SLAVE ON *.* TO `b`@`%`"]).missingForLog).toEqual(["REPLICATION CLIENT"]);
    expect(readGrants(["GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO `b`@`%`"]).missingForLog).toEqual([]);
    expect(readGrants(["GRANT ALL PRIVILEGES ON *.* TO `root`@`%`"]).missingForLog).toEqual([]);
  });

  it("of a table or of columns are no rights on the database", () => {
    const lines = [
      "GRANT SELECT (`a`), SHOW VIEW, EVENT, TRIGGER ON `ghost`.* TO `b`@`%`",
      "GRANT SELECT ON `ghost`.`t` TO `b`@`%`",
      "GRANT SHOW_ROUTINE ON *.* TO `b`@`%`",
    ];
    expect(readGrants(lines).missing("ghost")).toEqual(["SELECT ON `ghost`.*"]);
  });

  it("follow patterns as MySQL reads them", () => {
    const rights = readGrants([
      "GRANT SELECT, SHOW VIEW, EVENT, TRIGGER ON `shop\\_%`.* TO `b`@`%`",
      "GRANT SHOW_ROUTINE, FLUSH_TABLES ON *.* TO `b`@`%`",
      "GRANT REPLICATION CLIENT ON *.* TO `b`@`%`",
    ]);
    expect(rights.missing("shop_a.b")).toEqual([]);
    expect(rights.missing("shopx")).not.toEqual([]);
    expect(rights.mayNotePosition).toBe(true);
  });

  it("everywhere hold but for what was revoked", () => {
    const rights = readGrants([
      "GRANT SELECT, SHOW VIEW, EVENT, TRIGGER, RELOAD, REPLICATION CLIENT ON *.* TO `root`@`%`",
      "REVOKE SELECT ON `secret`.* FROM `root`@`%`",
    ]);
    expect(rights.missing("ghost")).toEqual([]);
    expect(rights.missing("secret")).toEqual(["SELECT ON `secret`.*"]);
  });
});
