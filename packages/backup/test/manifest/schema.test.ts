import { describe, expect, it } from "vitest";
import { manifestSchema } from "../../src/manifest/schema.ts";

const SHA = "0".repeat(64);

/** As it was written before content was part of a backup. */
const OLD = {
  format: 1,
  name: "blog/ghost/20261125T010000Z",
  kind: "backup",
  versions: { program: "0.1.0", mysqldump: "9.7.0", server: "9.7.0" },
  server: { name: "blog", uuid: "u", lowerCaseTableNames: 0 },
  database: { name: "ghost", charset: "utf8mb4", collation: "utf8mb4_0900_ai_ci" },
  snapshot: { time: "2026-11-25T01:00:00.000Z", position: null },
  object: { key: "mysql/blog/ghost/20261125T010000Z/dump.sql.zst", size: 1, sha256: SHA, compression: "zstd" },
  dump: { bytes: 1 },
  tables: [],
  definitions: [],
  definers: [],
  inexact: [],
  timings: { dump: 1, verification: 1, total: 2 },
  verified: { at: "2026-11-25T01:00:02.000Z", server: "9.7.0" },
};
const old = { ...OLD, object: { ...OLD.object, encryption: null } };

const CONTENT = { bucket: "uploads", prefix: "", objects: 1, bytes: 2, list: { key: "k", size: 3, sha256: SHA } };

describe("a manifest", () => {
  it("of a version that did not know content is still understood", () => {
    expect(manifestSchema.parse(old).content).toEqual([]);
  });

  it("holds content, and nothing that this version does not know", () => {
    expect(manifestSchema.parse({ ...old, content: [CONTENT] }).content).toEqual([CONTENT]);
    expect(manifestSchema.safeParse({ ...old, content: [{ ...CONTENT, more: 1 }] }).success).toBe(false);
    expect(manifestSchema.safeParse({ ...old, more: 1 }).success).toBe(false);
  });
});
