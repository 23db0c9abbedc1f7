import { describe, expect, test } from "vitest";
import { nameParts, Names, sanitize, type NameSource } from "../src/naming/names.ts";

const asLatin1 = (name: string): string => Buffer.from(name, "utf8").toString("latin1");

/** A bucket of the given paths that counts how often it is asked. */
function listing(paths: readonly string[], more = false): NameSource & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    async listPaths(start) {
      asked.push(start);
      return { paths: paths.filter((path) => path.startsWith(start)), more };
    },
  };
}

async function take(names: AsyncIterable<string>, count: number): Promise<string[]> {
  const taken: string[] = [];
  for await (const name of names) {
    taken.push(name);
    if (taken.length === count) break;
  }
  return taken;
}

describe("a clean name", () => {
  test.each([
    ["photo.jpg", "photo.jpg"],
    ["my photo (1).jpg", "my-photo--1-.jpg"],
    ["me@2x_o.png", "me@2x_o.png"],
    ["город.png", "город.png"],
    ["日本語.png", "日本語.png"],
    ["हिन्दी.png", "हिन्दी.png"],
    ["e\u0301te\u0301.jpg", "\u00e9t\u00e9.jpg"],
    ["😀.png", "-.png"],
    ["a/b\\c?d#e%f&g.png", "a-b-c-d-e-f-g.png"],
    ["a\u202egpj.exe", "a-gpj.exe"],
    ["a\0\n.png", "a--.png"],
  ])("%j becomes %j", (name, clean) => {
    expect(sanitize(name)).toBe(clean);
  });

  test("UTF-8 that a form parser read as Latin-1 is read again", () => {
    expect(sanitize(asLatin1("город.png"))).toBe("город.png");
    expect(sanitize(asLatin1("日本語.png"))).toBe("日本語.png");
  });

  test("real Latin-1 stays as it is", () => {
    expect(sanitize("café.png")).toBe("café.png");
  });

  test("a percent-encoded name, as Ghost takes it from a URL, is the name itself", () => {
    expect(sanitize(`${encodeURIComponent("город")}_thumb.jpg`)).toBe("город_thumb.jpg");
    expect(sanitize("100% sale.png")).toBe("100--sale.png");
    expect(sanitize("..%2f..%2fetc.png")).toBe("..-..-etc.png");
  });
});

describe("the parts of a name", () => {
  test.each([
    ["a.jpg", "a", ".jpg"],
    ["archive.tar.gz", "archive.tar", ".gz"],
    ["version.1", "version.1", ""],
    ["no-extension", "no-extension", ""],
    [".htaccess", ".htaccess", ""],
    ["folder/b.png", "b", ".png"],
  ])("of %s", (name, stem, extension) => {
    expect(nameParts(name, "2026/11")).toEqual({ directory: "2026/11", stem, extension });
  });

  test.each([["x".repeat(5000)], ["г".repeat(5000)], ["😀".repeat(50) + "日".repeat(5000)]])(
    "a name of thousands of letters keeps its extension and fits, with suffixes, where 255 bytes do",
    (long) => {
      const { stem, extension } = nameParts(`${long}.jpg`, "");
      expect(extension).toBe(".jpg");
      expect(Buffer.byteLength(`${stem}-abcdef_thumb_o${extension}`)).toBeLessThanOrEqual(255);
      expect(stem).not.toContain("\ufffd");
    },
  );

  test("a huge extension fits as well", () => {
    const { stem, extension } = nameParts(`a.${"x".repeat(500)}`, "");
    expect(Buffer.byteLength(stem + extension)).toBeLessThanOrEqual(240);
    expect(stem.length).toBeGreaterThan(0);
  });
});

describe("the candidates", () => {
  const parts = nameParts("image.png", "2026/11");

  test("begin with the name itself, of which nothing is asked", async () => {
    const source = listing(["2026/11/image.png"]);
    expect(await take(new Names(source).candidates(parts), 1)).toEqual(["2026/11/image.png"]);
    expect(source.asked).toEqual([]);
  });

  test("go on with the next number, found in one listing", async () => {
    const taken = Array.from({ length: 199 }, (_, index) => `2026/11/image-${index + 1}.png`);
    const others = ["2026/11/image-9.jpg", "2026/11/image-big.png", "2026/11/image-2000_o.png", "2026/11/image-7x.png"];
    const source = listing([...taken, ...others]);
    expect(await take(new Names(source).candidates(parts), 2)).toEqual(["2026/11/image.png", "2026/11/image-200.png"]);
    expect(source.asked).toHaveLength(1);
  });

  test("do not list again for the next file of that name", async () => {
    const source = listing([]);
    const names = new Names(source);
    const second = async (): Promise<string | undefined> => (await take(names.candidates(parts), 2))[1];
    expect([await second(), await second(), await second()]).toEqual([
      "2026/11/image-1.png",
      "2026/11/image-2.png",
      "2026/11/image-3.png",
    ]);
    expect(source.asked).toHaveLength(1);
  });

  test("differ for all who ask at the same time, in one listing", async () => {
    const source = listing([]);
    const names = new Names(source);
    const all = await Promise.all(Array.from({ length: 50 }, async () => (await take(names.candidates(parts), 2))[1]));
    expect(new Set(all).size).toBe(50);
    expect(source.asked).toHaveLength(1);
  });

  test("end with random ones after a bounded number of listings", async () => {
    const source = listing([]);
    const all = await take(new Names(source).candidates(parts), 100);
    expect(all.length).toBeLessThanOrEqual(6);
    expect(source.asked.length).toBeLessThanOrEqual(2);
    expect(all.at(-1)).toMatch(/^2026\/11\/image-[a-z2-9]{6}\.png$/);
    expect(new Set(all).size).toBe(all.length);
  });

  test("are random when there are more names than a page shows", async () => {
    const [, second] = await take(new Names(listing([], true)).candidates(parts), 2);
    expect(second).toMatch(/^2026\/11\/image-[a-z2-9]{6}\.png$/);
  });

  test("are random when listing is not allowed", async () => {
    const forbidden: NameSource = {
      listPaths: () => Promise.reject(Object.assign(new Error("no"), { name: "AccessDenied" })),
    };
    const [, second] = await take(new Names(forbidden).candidates(parts), 2);
    expect(second).toMatch(/^2026\/11\/image-[a-z2-9]{6}\.png$/);
  });

  test("of an original keep the ending by which Ghost finds it", () => {
    expect(new Names(listing([])).random(nameParts("a_o.jpg", ""))).toMatch(/^a-[a-z2-9]{6}_o\.jpg$/);
  });
});

test("the suffix by which Ghost finds an original or a thumbnail survives the shortening", () => {
  const first = nameParts(`${"д".repeat(300)}.png`, "2026/11");
  for (const suffix of ["_o", "_thumb"]) {
    expect(nameParts(`${first.stem}${suffix}.png`, "2026/11").stem).toBe(`${first.stem}${suffix}`);
  }
});
