import { describe, expect, test } from "vitest";
import { familyOf } from "../../src/commands/gc/family.ts";
import { KeepList } from "../../src/commands/gc/keep.ts";
import type { StoredObject } from "../../src/commands/gc/stored-object.ts";
import { judge } from "../../src/commands/gc/verdict.ts";
import type { Store } from "../../src/store/store.ts";

const OLD = new Date("2020-01-01");
const YOUNG = new Date("2026-01-01");

const object = (path: string, modified: Date | undefined = OLD): StoredObject => ({
  store: {} as Store,
  key: `blogs/anna/content/images/${path}`,
  path,
  sitePath: `content/images/${path}`,
  family: familyOf(path),
  size: 10,
  modified,
});

function orphans(
  objects: readonly StoredObject[],
  named: readonly string[] = [],
  keep: readonly string[] = [],
): string[] {
  const rules = { named: new Set(named.map(familyOf)), keep: new KeepList(keep), olderThan: new Date("2025-01-01") };
  return judge(objects, rules).orphans.map(({ path }) => path);
}

describe("what gc would delete", () => {
  test("is what nobody names, with all that belongs to it", () => {
    const objects = [
      "2024/01/a.jpg",
      "2024/01/a_o.jpg",
      "size/w600/2024/01/a.jpg",
      "size/w600/format/webp/2024/01/a.jpg",
    ].map((path) => object(path));
    expect(orphans(objects)).toHaveLength(4);
    expect(orphans(objects, ["2024/01/a.jpg"])).toEqual([]);
    expect(orphans(objects, ["2024/01/b.jpg"])).toHaveLength(4);
  });

  test("is never a video of a named thumbnail, nor the reverse", () => {
    const objects = [object("2024/01/v.mp4"), object("2024/01/v_thumb.png")];
    expect(orphans(objects, ["2024/01/v.mp4"])).toEqual([]);
    expect(orphans(objects, ["2024/01/v_thumb.png"])).toEqual([]);
  });

  test("is never young, nor of a family with a young member, nor of unknown age", () => {
    expect(orphans([object("2024/01/a.jpg"), object("size/w600/2024/01/a.jpg", YOUNG)])).toEqual([]);
    expect(orphans([{ ...object("2024/01/a.jpg"), modified: undefined }])).toEqual([]);
  });

  test.each([
    "README.md",
    "logo.png",
    "2024/a.jpg",
    "2024/01/deeper/a.jpg",
    "pictures/a.jpg",
    "2024/01/.hidden",
    ".storage-s3/probe",
    "size/w600/logo.png",
  ])("is never what lies where Ghost puts nothing: %s", (path) => {
    expect(orphans([object(path)])).toEqual([]);
  });

  test.each([
    "2024/01/a.jpg",
    "content/images/2024/01/a.jpg",
    "/content/images/2024/01/a.jpg",
    "blogs/anna/content/images/2024/01/a.jpg",
    "2024",
    "2024/",
    "2024/*/a.*",
    "**/a.jpg",
    "content/**",
    "2024/01/?.jpg",
  ])("is never what --keep %s names", (pattern) => {
    expect(orphans([object("2024/01/a.jpg"), object("2024/01/a_o.jpg")], [], [pattern])).toEqual([]);
  });

  test.each(["2024/*.jpg", "2024/01/b.jpg", "024/01/a.jpg", "2024/01/a.jp", "2024/01/a.jpg.bak", "[2024]"])(
    "is not kept by --keep %s",
    (pattern) => {
      expect(orphans([object("2024/01/a.jpg")], [], [pattern])).toEqual(["2024/01/a.jpg"]);
    },
  );
});
