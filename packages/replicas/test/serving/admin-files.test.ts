import { expect, test } from "vitest";
import { isAdminFileName, isHashed } from "../../src/serving/admin-files.ts";

test.each([
  "about-Dp43j18M.js",
  "InterVariable-Italic-FCBEiFp6.woff2",
  "Source-V-WXZXnS.png",
  "vendor-3bf602dfa6463c3400ffd81697767274.css",
  "chunk.582.db2ae9e968256e8d58ac.js",
  "img/404-ghost@2x-34c1119ed15cc3ea71e4406f80c8e810.png",
])("%s says what is in it", (name) => {
  expect(isHashed(name)).toBe(true);
  expect(isAdminFileName(name)).toBe(true);
});

test.each(["activitypub/activitypub.js", "koenig-lexical/koenig-lexical.umd.js", "koenig-lexical/style.css"])(
  "%s does not",
  (name) => {
    expect(isHashed(name)).toBe(false);
    expect(isAdminFileName(name)).toBe(true);
  },
);

test.each([
  "../secret-AAAAAAAA.js",
  "a/../../b-AAAAAAAA.js",
  "/etc/x-AAAAAAAA.js",
  "x-AAAAAAAA.html",
  "a//b.js",
  "a\\b.js",
  "",
])('"%s" is no name of a file', (name) => {
  expect(isAdminFileName(name)).toBe(false);
});
