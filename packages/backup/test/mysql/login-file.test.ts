import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { fetchArguments } from "../../src/binlog/fetch-log.ts";
import { replayArguments } from "../../src/binlog/replay.ts";
import { openLoginFile, textOf } from "../../src/mysql/login-file.ts";
import { dumpArguments } from "../../src/mysql/mysqldump.ts";

const ACCOUNT = { host: "db", port: 3307, user: "backup", password: "a\"b\\c#d'e f", tls: "preferred" } as const;

describe("the login of MySQL's programs", () => {
  it("quotes a password that holds everything", () => {
    expect(textOf(ACCOUNT)).toContain('password="a\\"b\\\\c#d\'e f"\n');
  });

  it("lies in a file without a name", () => {
    const login = openLoginFile(ACCOUNT);
    try {
      expect(readFileSync(`/dev/fd/${login.fd}`, "utf8")).toBe(textOf(ACCOUNT));
    } finally {
      login.close();
    }
  });

  it("is not among the arguments", () => {
    expect(dumpArguments({ database: "-odd name", position: true }).join(" ")).not.toContain(ACCOUNT.user);
    expect(dumpArguments({ database: "-odd name", position: true }).slice(-2)).toEqual(["--", "-odd name"]);
    const fetched = fetchArguments({ name: "binlog.000001", from: 0, folder: "/f" });
    expect(fetched[0]).toBe("--defaults-file=/dev/fd/3");
    expect(fetched).toContain("--start-position=4");
    expect(replayArguments("-odd name")).toContain("--database=-odd name");
  });
});
