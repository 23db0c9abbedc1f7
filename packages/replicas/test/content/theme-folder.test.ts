import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, readdir, readlink, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { pack } from "../../src/content/archive.ts";
import { ThemeFolder } from "../../src/content/theme-folder.ts";

const TIME = new Date(0);

let root: string;
let themes: string;
let folder: ThemeFolder;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "themes-"));
  themes = join(root, "themes");
  folder = new ThemeFolder(themes);
});

afterEach(() => rm(root, { recursive: true }));

async function put(path: string, text: string): Promise<string> {
  await mkdir(path, { recursive: true });
  await writeFile(join(path, "index.hbs"), text);
  return path;
}

async function add(name: string, digest: string): Promise<void> {
  const source = await put(join(root, "source", digest), digest);
  await folder.add(name, digest, await pack(source), TIME);
}

async function ghost(version: string): Promise<string> {
  await put(join(root, version, "content/themes/casper"), version);
  await mkdir(join(root, version, "core"));
  await writeFile(join(root, version, "core/boot.js"), "");
  return join(root, version, "content/themes");
}

const home = (name: string) => readFile(join(themes, name, "index.hbs"), "utf8");

describe("a version in place", () => {
  test("is there by its digest and is replaced by another one", async () => {
    await add("lab", "one");
    await add("lab", "two");
    await folder.mount("lab", "one");
    expect([await home("lab"), await folder.current("lab")]).toEqual(["one", "one"]);
    await folder.mount("lab", "two");
    expect([await home("lab"), await folder.current("lab")]).toEqual(["two", "two"]);
  });

  test("takes the place of a folder, which is gone afterwards", async () => {
    await put(join(themes, "lab"), "by hand");
    expect(await folder.current("lab")).toBeUndefined();
    await add("lab", "one");
    await folder.mount("lab", "one");
    expect(await home("lab")).toBe("one");
    expect(await readdir(join(themes, ".replicas"))).toEqual(["lab"]);
  });

  test("is not taken for current when its files are gone", async () => {
    await add("lab", "one");
    await folder.mount("lab", "one");
    await rm(join(themes, ".replicas/lab/one"), { recursive: true });
    expect(await folder.current("lab")).toBeUndefined();
  });

  test("leaves the old ones to be swept", async () => {
    for (const digest of ["one", "two", "three"]) await add("lab", digest);
    await folder.sweep("lab", ["three", "two", null]);
    expect((await readdir(join(themes, ".replicas/lab"))).toSorted()).toEqual(["three", "two"]);
  });
});

describe("what is kept", () => {
  test("of a link is the link", async () => {
    await add("lab", "one");
    await folder.mount("lab", "one");
    const kept = await folder.keep("lab");
    await rm(join(themes, "lab"));
    await put(join(themes, "lab"), "an upload");
    expect(await kept.restore()).toBe(true);
    expect(await home("lab")).toBe("one");
    expect(await kept.restore()).toBe(false);
  });

  test("of a folder is a copy", async () => {
    await put(join(themes, "lab"), "by hand");
    const kept = await folder.keep("lab");
    await put(join(themes, "lab"), "an upload");
    await kept.restore();
    await kept.discard();
    expect(await home("lab")).toBe("by hand");
    expect(await readdir(join(themes, ".replicas"))).toEqual([]);
  });

  test("of a folder that is gone is put back", async () => {
    await put(join(themes, "lab"), "by hand");
    const kept = await folder.keep("lab");
    await rm(join(themes, "lab"), { recursive: true });
    expect(await kept.restore()).toBe(true);
    expect(await home("lab")).toBe("by hand");
  });

  test("of nothing is nothing", async () => {
    const kept = await folder.keep("lab");
    expect(await kept.restore()).toBe(false);
    await put(join(themes, "lab"), "an upload");
    expect(await kept.restore()).toBe(true);
    expect(folder.exists("lab")).toBe(false);
  });
});

describe("themes that Ghost ships", () => {
  test("are linked into an empty folder, and anew by the next version", async () => {
    await folder.linkShipped(await ghost("1"));
    expect(await home("casper")).toBe("1");
    await folder.linkShipped(await ghost("2"));
    expect(await home("casper")).toBe("2");
    await rm(join(root, "2"), { recursive: true });
    await folder.linkShipped(join(root, "1/content/themes"));
    expect(await home("casper")).toBe("1");
  });

  test("leave alone what the owner has put there", async () => {
    await put(join(themes, "casper"), "mine");
    await folder.linkShipped(await ghost("1"));
    expect(await home("casper")).toBe("mine");
    await rm(join(themes, "casper"), { recursive: true });
    await symlink(await put(join(root, "elsewhere"), "linked"), join(themes, "casper"));
    await folder.linkShipped(join(root, "1/content/themes"));
    expect(await readlink(join(themes, "casper"))).toBe(join(root, "elsewhere"));
  });
});

test("what a killed upload of a shared theme has left is deleted", async () => {
  for (const name of ["lab", `lab_${"a".repeat(24)}`, `own_${"a".repeat(24)}`]) await put(join(themes, name), name);
  await folder.tidy(new Set(["lab"]));
  expect((await readdir(themes)).toSorted()).toEqual(["lab", `own_${"a".repeat(24)}`]);
  expect(existsSync(join(themes, "lab/index.hbs"))).toBe(true);
});
