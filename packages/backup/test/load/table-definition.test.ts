import { describe, expect, it } from "vitest";
import { halve } from "../../src/load/table-definition.ts";

const table = (...lines: string[]): string =>
  `CREATE TABLE \`t\` (\n${lines.map((line) => `  ${line}`).join(",\n")}\n) ENGINE=InnoDB`;

describe("a table whose indexes are made afterwards", () => {
  it("keeps columns, the primary key and checks", () => {
    const { create, alter } = halve(
      table(
        "`id` int NOT NULL COMMENT 'a,\\n KEY `x`'",
        "`a` int",
        "PRIMARY KEY (`id`)",
        "UNIQUE KEY `u` (`a`)",
        "KEY `k` ((`a` + 1)) COMMENT 'it''s'",
        "FULLTEXT KEY `f` (`c`)",
        "FULLTEXT KEY `g` (`d`)",
        "CONSTRAINT `fk` FOREIGN KEY (`a`) REFERENCES `o` (`id`) ON DELETE CASCADE",
        "CONSTRAINT `c` CHECK ((`a` > 0))",
      ),
    );
    expect(create).toBe(
      table(
        "`id` int NOT NULL COMMENT 'a,\\n KEY `x`'",
        "`a` int",
        "PRIMARY KEY (`id`)",
        "CONSTRAINT `c` CHECK ((`a` > 0))",
      ),
    );
    expect(alter).toEqual([
      "ALTER TABLE `t` ADD UNIQUE KEY `u` (`a`), ADD KEY `k` ((`a` + 1)) COMMENT 'it''s'",
      "ALTER TABLE `t` ADD FULLTEXT KEY `f` (`c`)",
      "ALTER TABLE `t` ADD FULLTEXT KEY `g` (`d`)",
      "ALTER TABLE `t` ADD CONSTRAINT `fk` FOREIGN KEY (`a`) REFERENCES `o` (`id`) ON DELETE CASCADE",
    ]);
  });

  it("keeps unique keys where there is no primary key, by which rows lie", () => {
    const whole = table("`id` int NOT NULL", "UNIQUE KEY `u` (`id`)");
    expect(halve(whole)).toEqual({ create: whole, alter: [] });
  });

  it("keeps the index that AUTO_INCREMENT needs", () => {
    const whole = table("`a` int", "`id` int NOT NULL AUTO_INCREMENT", "PRIMARY KEY (`a`)", "KEY `k` (`id`)");
    expect(halve(whole)).toEqual({ create: whole, alter: [] });
  });

  it("leaves alone what is not written as SHOW CREATE TABLE does", () => {
    expect(halve("CREATE TABLE `t` (id int)")).toEqual({ create: "CREATE TABLE `t` (id int)", alter: [] });
  });
});
