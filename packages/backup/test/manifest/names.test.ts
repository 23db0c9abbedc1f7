import { describe, expect, it } from "vitest";
import { dumpKey, folderOf, formatName, manifestKey, nameOfManifest, parseName } from "../../src/manifest/names.ts";

const time = new Date("2026-11-25T01:00:00.000Z");

describe("the name of a backup", () => {
  it.each(["ghost", "a/b", "odd `name`", "ümläut", "a%b"])("holds any name of a database: %s", (database) => {
    const name = formatName({ server: "blog", database, time, safety: false });
    expect(parseName(name)).toEqual({ server: "blog", database, time, safety: false });
    expect(nameOfManifest("p", manifestKey("p", name))?.database).toBe(database);
  });

  it("sorts by time and tells what a restore made", () => {
    expect(formatName({ server: "blog", database: "ghost", time, safety: true })).toBe(
      "blog/ghost/20261125T010000Z-before-restore",
    );
  });

  it("is looked for where it can be: a database alone is on any server", () => {
    expect(folderOf("p", "blog", "a/b")).toBe("p/blog/a%2Fb/");
    expect(folderOf("p", "blog")).toBe("p/blog/");
    expect(folderOf("p", undefined, "ghost")).toBe("p/");
    expect(folderOf("")).toBe("");
  });

  it("is not every path", () => {
    for (const name of ["", "latest", "blog/ghost", "blog/ghost/20261325T010000Z", "a/b/20261125T010000Z/c"]) {
      expect(parseName(name), name).toBeUndefined();
    }
    expect(nameOfManifest("p", "q/blog/ghost/20261125T010000Z/manifest.json")).toBeUndefined();
    expect(nameOfManifest("", dumpKey("", "blog/ghost/20261125T010000Z", true))).toBeUndefined();
  });
});
