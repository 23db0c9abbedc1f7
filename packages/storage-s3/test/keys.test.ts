import { describe, expect, test } from "vitest";
import { Keys, type Layout } from "../src/paths/keys.ts";

const layout: Layout = {
  tenantPrefix: "",
  staticFileURLPrefix: "content/images",
  cdnUrl: "https://cdn.example.com",
  siteUrl: "https://blog.example.com",
  privateOriginals: false,
};

const keys = (change: Partial<Layout> = {}): Keys => new Keys({ ...layout, ...change });

describe("the path that Ghost means", () => {
  test.each([
    ["2026/11/a.jpg", "2026/11/a.jpg"],
    ["/2026/11/a_o.jpg", "2026/11/a_o.jpg"],
    ["//2026//11/./a.jpg", "2026/11/a.jpg"],
    ["content/images/2026/11/a.jpg", "2026/11/a.jpg"],
    ["/content/images/2026/11/a.jpg", "2026/11/a.jpg"],
    ["/var/lib/ghost/content/images/2026/11/a.jpg", "2026/11/a.jpg"],
    ["/size/w600/2026/11/a.jpg", "size/w600/2026/11/a.jpg"],
    ["/size/w600/2026/11/a%20b.jpg?v=1#x", "size/w600/2026/11/a b.jpg"],
    ["/size/w600/format/webp/2026/11/%D0%B3.jpg", "size/w600/format/webp/2026/11/г.jpg"],
    ["2026/11/what?.jpg", "2026/11/what?.jpg"],
    ["2026/11/100%.jpg", "2026/11/100%.jpg"],
    ["2026\\11\\a.jpg", "2026/11/a.jpg"],
    ["2026/11/../12/a.jpg", "2026/12/a.jpg"],
  ])("%s is %s", (input, path) => {
    expect(keys().path(input)).toBe(path);
  });

  test.each([
    ["a.jpg", "2026/11", "2026/11/a.jpg"],
    ["a.jpg", "content/images/2026/11", "2026/11/a.jpg"],
    ["a.jpg", "content/images", "a.jpg"],
    ["a.jpg", ".", "a.jpg"],
    ["a.jpg", "/var/lib/ghost/content/images/2026/11", "2026/11/a.jpg"],
  ])("%s in the folder %s is %s", (name, directory, path) => {
    expect(keys().path(name, directory)).toBe(path);
  });

  test.each([
    "",
    "/",
    ".",
    "..",
    "../secret",
    "2026/../../secret",
    "/content/images/../../etc/passwd",
    "/var/lib/ghost/content/images/../../../etc/passwd",
    "..%2f..%2fsecret",
    "%2e%2e/secret",
    "..\\..\\secret",
    "/size/w600/..%2f..%2f..%2fsecret",
    "a\0.jpg",
    "a%00.jpg",
  ])("%j is refused", (input) => {
    expect(() => keys().path(input)).toThrow(expect.objectContaining({ errorType: "IncorrectUsageError" }));
  });
});

test.each(["", " "])("the name %j in a folder is refused: it would be the folder", (name) => {
  expect(() => keys().path(name, "2026/11")).toThrow(expect.objectContaining({ errorType: "IncorrectUsageError" }));
});

describe("keys", () => {
  test("a tenant's files lie in its folder", () => {
    expect(keys().key("2026/a.jpg")).toBe("content/images/2026/a.jpg");
    expect(keys({ tenantPrefix: "blogs/anna" }).key("2026/a.jpg")).toBe("blogs/anna/content/images/2026/a.jpg");
  });

  test("a private original lies outside of what the CDN reads, its sizes do not", () => {
    const hidden = keys({ privateOriginals: true, tenantPrefix: "anna" });
    expect(hidden.key("2026/a_o.jpg")).toBe("anna/private/content/images/2026/a_o.jpg");
    expect(hidden.key("2026/a.jpg")).toBe("anna/content/images/2026/a.jpg");
    expect(hidden.isPrivate("2026/a_o.jpg")).toBe(true);
    expect(keys().isPrivate("2026/a_o.jpg")).toBe(false);
  });

  test("one that S3 would refuse is refused before anything is sent", () => {
    const room = 1024 - Buffer.byteLength("content/images/");
    expect(Buffer.byteLength(keys().key("г".repeat(room / 2)))).toBeLessThanOrEqual(1024);
    expect(() => keys().key(`${"г".repeat(Math.ceil(room / 2) + 1)}`)).toThrow(/too long for S3.*Nothing was stored/);
  });
});

describe("URLs", () => {
  test("are on the CDN, under the tenant's folder", () => {
    expect(keys({ tenantPrefix: "anna" }).url("2026/a.jpg")).toBe(
      "https://cdn.example.com/anna/content/images/2026/a.jpg",
    );
  });

  test("are relative to the site without a CDN, with its subdirectory", () => {
    const { cdnUrl: _, ...local } = layout;
    expect(new Keys(local).url("2026/a.jpg")).toBe("/content/images/2026/a.jpg");
    expect(new Keys({ ...local, siteUrl: "https://example.com/blog/" }).url("2026/a.jpg")).toBe(
      "/blog/content/images/2026/a.jpg",
    );
  });

  test("hold nothing that means something in a srcset", () => {
    const url = keys().url("2026/a b,c (1)@2x+г.jpg");
    expect(url).toBe("https://cdn.example.com/content/images/2026/a%20b%2Cc%20(1)@2x%2B%D0%B3.jpg");
    expect(keys().pathOfUrl(url)).toBe("2026/a b,c (1)@2x+г.jpg");
  });
});

describe("the path behind a URL", () => {
  test.each([
    "https://cdn.example.com/content/images/2026/11/a.jpg",
    "https://cdn.example.com/content/images/2026/11/a.jpg?v=2#top",
    "https://blog.example.com/content/images/2026/11/a.jpg",
    "http://blog.example.com/content/images/2026/11/a.jpg",
    "/content/images/2026/11/a.jpg",
    "https://cdn.example.com/content/images/2026/11/x/../a.jpg",
  ])("%s", (url) => {
    expect(keys().pathOfUrl(url)).toBe("2026/11/a.jpg");
  });

  test("of a site in a subdirectory, with and without it", () => {
    const blog = keys({ siteUrl: "https://example.com/blog" });
    expect(blog.pathOfUrl("/blog/content/images/2026/a.jpg")).toBe("2026/a.jpg");
    expect(blog.pathOfUrl("https://example.com/blog/content/images/2026/a.jpg")).toBe("2026/a.jpg");
    expect(blog.pathOfUrl("/content/images/2026/a.jpg")).toBe("2026/a.jpg");
  });

  test("of a tenant: on the CDN with the prefix, on the site without", () => {
    const anna = keys({ tenantPrefix: "anna" });
    expect(anna.pathOfUrl("https://cdn.example.com/anna/content/images/a.jpg")).toBe("a.jpg");
    expect(anna.pathOfUrl("/content/images/a.jpg")).toBe("a.jpg");
    expect(() => anna.pathOfUrl("https://cdn.example.com/content/images/a.jpg")).toThrow(/not one of this blog's/);
    expect(() => anna.pathOfUrl("https://cdn.example.com/annabel/content/images/a.jpg")).toThrow(/not one of/);
  });

  test("without a known site any host will do: the path decides", () => {
    const { siteUrl: _, ...unknown } = layout;
    expect(new Keys(unknown).pathOfUrl("https://old.example.com/content/images/a.jpg")).toBe("a.jpg");
  });

  test.each([
    "",
    "a.jpg",
    "https://evil.example.com/content/images/a.jpg",
    "//evil.example.com/content/images/a.jpg",
    "https://cdn.example.com.evil.example.com/content/images/a.jpg",
    "https://cdn.example.com/content/media/a.mp4",
    "https://cdn.example.com/content/images",
    "https://cdn.example.com/content/images/",
    "https://cdn.example.com/content/images/../../etc/passwd",
    "https://cdn.example.com/content/images/..%2f..%2fpasswd",
    "https://cdn.example.com/content/images/%2e%2e/%2e%2e/passwd",
    "https://cdn.example.com/content/images/a%00.jpg",
    "javascript:alert(1)",
  ])("%j is refused", (url) => {
    expect(() => keys().pathOfUrl(url)).toThrow(expect.objectContaining({ errorType: "IncorrectUsageError" }));
  });
});
