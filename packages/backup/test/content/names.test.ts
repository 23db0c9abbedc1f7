import { describe, expect, it } from "vitest";
import { compareKeys } from "../../src/content/listing.ts";
import { bareEtag, storedName, storedPrefix } from "../../src/content/names.ts";

const ETAG = '"0123456789abcdef0123456789abcdef"';

const name = (key: string, etag = ETAG): string => storedName("my-uploads", key, etag).key;

/** What S3 allows in a key, and what sorts before, at and behind the characters of a name. */
const KEYS = [
  "a",
  "a ",
  "a b",
  "a!",
  "a!0123456789abcdef0123456789abcdef",
  'a"',
  "a%",
  "a%21",
  "a&",
  "a+b",
  "a-",
  "a.png",
  "a/",
  "a/b",
  "a0",
  "a@2x.png",
  "aa",
  "a\t",
  "a\u0001",
  "a~",
  "ä",
  "日本",
  "\u{FFFD}",
  "\u{1F44B}",
  "content/images/2026/11/photo.jpg",
];

/** Of characters around those that are escaped. */
const random = (length: number): string =>
  Array.from({ length }, () => String.fromCodePoint(0x20 + Math.floor(Math.random() * 40))).join("");

describe("the name of a version", () => {
  it("can be read, holds the version, and lies in the folder of its bucket", () => {
    expect(name("content/images/2026/11/photo.jpg")).toBe(
      "content/my-uploads/content/images/2026/11/photo.jpg!0123456789abcdef0123456789abcdef",
    );
    expect(name("a", '"abc-2"')).toBe("content/my-uploads/a!abc-2");
  });

  it("is another one for each key and version", () => {
    const names = KEYS.flatMap((key) => [name(key), name(key, '"other"')]);
    expect(new Set(names).size).toBe(KEYS.length * 2);
  });

  it("gives the key back to any decoder of URLs", () => {
    for (const key of KEYS) {
      const escaped = name(key).slice("content/my-uploads/".length, -bareEtag(ETAG).length - 1);
      expect(decodeURIComponent(escaped)).toBe(key);
    }
  });

  it("is in the order of the keys, whatever they hold and whatever their versions are", () => {
    const keys = [...KEYS, ...Array.from({ length: 2000 }, () => random(1 + Math.floor(Math.random() * 4)))];
    const sorted = [...new Set(keys)].toSorted(compareKeys);
    const names = sorted.map((key) => name(key, `"${Math.random().toString(16).slice(2)}"`));
    expect(names.toSorted(compareKeys)).toEqual(names);
  });

  it("begins with the prefix of its folder", () => {
    expect(name("a b/c")).toContain(storedPrefix("my-uploads", "a b"));
    expect(name("a b/c").startsWith(storedPrefix("my-uploads", "a b"))).toBe(true);
    expect(storedPrefix("my-uploads", "")).toBe("content/my-uploads/");
  });

  it("is a digest for keys that are too long with a version behind them", () => {
    for (const key of ["a/".repeat(511), "x".repeat(240), " ".repeat(100), "日".repeat(80)]) {
      const long = storedName("my-uploads", key, ETAG);
      expect(long.ordered).toBe(false);
      expect(long.key).toMatch(/^content\/\.long\/my-uploads\/[0-9a-f]{64}![0-9a-f]{32}$/);
    }
    expect(storedName("my-uploads", "x".repeat(222), ETAG).ordered).toBe(true);
    expect(name("x".repeat(240))).not.toBe(name("x".repeat(241)));
  });
});
