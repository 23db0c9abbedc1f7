import { describe, expect, test } from "vitest";
import { familyOf } from "../../src/commands/gc/family.ts";
import { References } from "../../src/commands/gc/references.ts";

const PATHS = [
  "2024/01/photo.jpg",
  "2024/01/photo-1.jpg",
  "2024/01/my photo (1).jpg",
  "2024/01/город.png",
  "2024/01/a+b & c.png",
  "2024/01/100%25.png",
  "2024/01/it's.png",
  "2024/01/версия-2.final.webp",
  "2024/01/clip.mp4",
  "2024/01/manual.pdf",
  "icon/site.png",
];

function named(text: string, paths = PATHS): string[] {
  const references = new References(new Set(paths.map(familyOf)), ["content/images", "content/media", "content/files"]);
  references.read(text);
  return paths.filter((path) => references.named.has(familyOf(path)));
}

const url = (path: string): string => `https://cdn.example.com/blogs/anna/content/images/${encodeURI(path)}`;

describe("names of uploads are found", () => {
  test.each([
    ["a plain path", "/content/images/2024/01/photo.jpg", "2024/01/photo.jpg"],
    ["Ghost's own placeholder", "__GHOST_URL__/content/images/2024/01/photo.jpg", "2024/01/photo.jpg"],
    ["a URL of the CDN", `<img src="${url("2024/01/photo.jpg")}">`, "2024/01/photo.jpg"],
    ["escaped slashes", String.raw`{"src":"__GHOST_URL__\/content\/images\/2024\/01\/photo.jpg"}`, "2024/01/photo.jpg"],
    [
      "JSON in JSON",
      JSON.stringify(JSON.stringify({ a: "x/content/images/2024/01/photo.jpg" })).replaceAll("/", "\\/"),
      "2024/01/photo.jpg",
    ],
    [
      "JSON in JSON in JSON",
      String.raw`\\\\\/content\\\\\/images\\\\\/2024\\\\\/01\\\\\/photo.jpg`,
      "2024/01/photo.jpg",
    ],
    ["escaped letters", String.raw`/content/images/2024/01/\u0433\u043e\u0440\u043e\u0434.png`, "2024/01/город.png"],
    ["escaped slashes by number", String.raw`content\u002Fimages\u002f2024\x2f01\x2Fphoto.jpg`, "2024/01/photo.jpg"],
    ["percent-encoded letters", "/content/images/2024/01/%D0%B3%D0%BE%D1%80%D0%BE%D0%B4.png", "2024/01/город.png"],
    ["a percent-encoded URL", `?image=${encodeURIComponent(url("2024/01/photo.jpg"))}&x=1`, "2024/01/photo.jpg"],
    [
      "one encoded twice",
      `?u=${encodeURIComponent(encodeURIComponent(url("2024/01/город.png")))}`,
      "2024/01/город.png",
    ],
    ["entities by number", "content&#x2F;images&#47;2024&#x2f;01&sol;photo.jpg", "2024/01/photo.jpg"],
    ["entities of entities", "/content/images/2024/01/a+b &amp;amp; c.png", "2024/01/a+b & c.png"],
    ["an apostrophe", "/content/images/2024/01/it&#39;s.png", "2024/01/it's.png"],
    ["a name with spaces", "/content/images/2024/01/my photo (1).jpg", "2024/01/my photo (1).jpg"],
    ["a name with spaces in a URL", url("2024/01/my photo (1).jpg"), "2024/01/my photo (1).jpg"],
    ["a name that looks encoded", "/content/images/2024/01/100%25.png", "2024/01/100%25.png"],
    ["the same, encoded", "/content/images/2024/01/100%2525.png", "2024/01/100%25.png"],
    [
      "decomposed letters",
      "/content/images/2024/01/версия-2.final.webp".normalize("NFD"),
      "2024/01/версия-2.final.webp",
    ],
    ["a size", "/content/images/size/w600/2024/01/photo.jpg", "2024/01/photo.jpg"],
    ["a size in another format", "/content/images/size/w600/format/webp/2024/01/photo.jpg", "2024/01/photo.jpg"],
    ["the original", "/content/images/2024/01/photo_o.jpg", "2024/01/photo.jpg"],
    ["a thumbnail", "/content/media/2024/01/clip_thumb.jpg", "2024/01/clip.mp4"],
    ["a file", "/content/files/2024/01/manual.pdf?download=1#page=2", "2024/01/manual.pdf"],
    ["no protocol and a double slash", "//cdn.example.com//content/images//2024/01/photo.jpg", "2024/01/photo.jpg"],
    ["style sheets", "background:url(/content/images/2024/01/photo.jpg);", "2024/01/photo.jpg"],
    ["Markdown", "![](/content/images/2024/01/photo.jpg)", "2024/01/photo.jpg"],
    ["a sentence", "See /content/images/2024/01/photo.jpg.", "2024/01/photo.jpg"],
    ["letters right behind", "/content/images/2024/01/photo.jpg和", "2024/01/photo.jpg"],
    ["a path that a theme puts together", `{{img_url "2024/01/photo.jpg"}}`, "2024/01/photo.jpg"],
    ["an icon", "/content/images/icon/site.png", "icon/site.png"],
  ])("as %s", (_title, text, path) => {
    expect(named(text)).toEqual([path]);
  });

  test("all candidates of a srcset", () => {
    const srcset =
      "/content/images/size/w600/2024/01/photo.jpg 600w,/content/images/size/w1000/2024/01/photo-1.jpg 1000w";
    expect(named(srcset)).toEqual(["2024/01/photo.jpg", "2024/01/photo-1.jpg"]);
  });

  test("not the beginning of a longer name", () => {
    expect(named("/content/images/2024/01/photo-1.jpg")).toEqual(["2024/01/photo-1.jpg"]);
    expect(named("/content/images/2024/01/photograph.jpg")).toEqual([]);
    expect(named("/content/images/2025/01/photo.jpg")).toEqual([]);
  });

  test("with broken encodings around them", () => {
    expect(named(String.raw`%E0%A4%A /content/images/2024/01/photo.jpg \u12 &#xFFFFFFF; %`)).toEqual([
      "2024/01/photo.jpg",
    ]);
  });

  test("where a text is cut in two", () => {
    const text = `${"x".repeat(1000)}/content/images/2024/01/photo.jpg`;
    for (let cut = 990; cut < text.length; cut += 1) {
      const references = new References(new Set(PATHS.map(familyOf)), []);
      references.readPiece(text.slice(0, cut));
      references.readPiece(text.slice(cut));
      expect(references.named.has("2024/01/photo"), `cut at ${cut}`).toBe(true);
    }
  });

  test("below a prefix of one's own", () => {
    const references = new References(new Set([familyOf("a/b.png")]), ["assets/img"]);
    references.read("https://cdn.example.com/assets/img/a/b.png");
    expect([...references.named]).toEqual(["a/b"]);
  });

  test("quickly, in a text that is all markers", () => {
    const start = performance.now();
    named("/content/images/2024/01/".repeat(20_000) + "%25".repeat(100_000) + "\\".repeat(100_000));
    expect(performance.now() - start).toBeLessThan(5000);
  });
});
