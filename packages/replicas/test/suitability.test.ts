import { describe, expect, test } from "vitest";
import { requireSuitable } from "../src/boot/suitability.ts";
import type { Session } from "../src/database/database.ts";

interface Server {
  readOnly?: boolean;
  version?: string;
  variables?: Record<string, string>;
  /** Connections behind a proxy that spreads statements over them. */
  connections?: number;
  refusesLocks?: boolean;
}

/** Answers as MySQL does, or as what stands before it: no such proxy can be had for tests. */
function server({
  readOnly = false,
  version = "9.7.4",
  variables = {},
  connections = 1,
  refusesLocks = false,
}: Server): Session {
  let statements = 0;
  let holder: number | undefined;
  const answer = (sql: string): object[] => {
    const id = (statements++ % connections) + 1;
    if (sql.includes("read_only AS") || sql.includes("VERSION()")) return [{ read_only: readOnly ? 1 : 0, version }];
    if (sql.startsWith("SHOW")) {
      return Object.entries(variables).map(([name, value]) => ({ Variable_name: name, Value: value }));
    }
    if (sql.includes("GET_LOCK")) {
      if (refusesLocks)
        throw Object.assign(new Error("execute command denied"), { code: "ER_PROCACCESS_DENIED_ERROR" });
      holder = id;
      return [{ got: 1, id }];
    }
    return [{ holder, id }];
  };
  return { rows: async (sql) => answer(sql) as never, change: async () => 0 };
}

describe("the database", () => {
  test("of one primary and one session suits", async () => {
    await expect(requireSuitable(server({}), "probe")).resolves.toBeUndefined();
  });

  test.each<[string, Server, RegExp]>([
    ["MariaDB", { version: "10.11.19-MariaDB-log" }, /MariaDB/],
    ["a read replica", { readOnly: true }, /takes no writes/],
    ["Galera", { variables: { wsrep_on: "ON" } }, /several primaries/],
    [
      "Group Replication with many primaries",
      { variables: { group_replication_group_name: "a", group_replication_single_primary_mode: "OFF" } },
      /several primaries/,
    ],
    ["a proxy that spreads statements", { connections: 3 }, /spreads the statements/],
    ["a server that refuses locks", { refusesLocks: true }, /refuses the lock/],
  ])("%s is refused, with what to change", async (_name, what, message) => {
    const refused = requireSuitable(server(what), "probe");
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toMatchObject({ exitCode: 69, next: expect.stringMatching(/\w{3,}/) });
  });
});
