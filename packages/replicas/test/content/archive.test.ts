import { mkdir, mkdtemp, readFile, rm, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create } from "tar";
import { afterEach, beforeEach, expect, test } from "vitest";
import { pack, unpack, UnsafeArchive } from "../../src/content/archive.ts";

const TIME = new Date("2026-03-04T05:06:07.089Z");

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "archive-"));
});

afterEach(() => rm(folder, { recursive: true }));

async function theme(name: string): Promise<string> {
  const path = join(folder, name);
  await mkdir(join(path, "assets"), { recursive: true });
  await writeFile(join(path, "index.hbs"), "home");
  await writeFile(join(path, "@special.hbs"), "at");
  await writeFile(join(path, "assets/x.css"), "body{}");
  return path;
}

async function archiveOf(file: string, content?: string): Promise<Buffer> {
  const path = join(folder, "bad.tar.gz");
  if (content !== undefined) await writeFile(join(folder, file), content);
  await create({ cwd: folder, gzip: true, file: path, preservePaths: true }, [file]);
  return readFile(path);
}

test("the same files are the same bytes, whenever they were made", async () => {
  const one = await theme("one");
  const two = await theme("two");
  await utimes(join(two, "index.hbs"), new Date(0), new Date(0));
  expect((await pack(one)).equals(await pack(two))).toBe(true);
});

test("what was packed is unpacked, with the time that is asked for", async () => {
  await unpack(await pack(await theme("one")), join(folder, "out"), TIME);
  expect(await readFile(join(folder, "out/assets/x.css"), "utf8")).toBe("body{}");
  expect(await readFile(join(folder, "out/@special.hbs"), "utf8")).toBe("at");
  expect((await stat(join(folder, "out/index.hbs"))).mtime).toEqual(TIME);
});

test("links are not packed", async () => {
  const path = await theme("one");
  await symlink("/etc/passwd", join(path, "secret.hbs"));
  await unpack(await pack(path), join(folder, "out"), TIME);
  await expect(stat(join(folder, "out/secret.hbs"))).rejects.toThrow("ENOENT");
});

test("an archive with a link is refused", async () => {
  await symlink("/etc/passwd", join(folder, "link"));
  await expect(unpack(await archiveOf("link"), join(folder, "out"), TIME)).rejects.toThrow(UnsafeArchive);
});

test("an archive that leads out of the folder is refused", async () => {
  await mkdir(join(folder, "in"));
  await writeFile(join(folder, "outside"), "x");
  const path = join(folder, "in/bad.tar.gz");
  await create({ cwd: join(folder, "in"), gzip: true, file: path, preservePaths: true }, ["../outside"]);
  await rm(join(folder, "outside"));
  await expect(unpack(await readFile(path), join(folder, "in/out"), TIME)).rejects.toThrow(/outside/);
  await expect(stat(join(folder, "in/outside"))).rejects.toThrow("ENOENT");
});

test("what is no archive is refused", async () => {
  await expect(unpack(Buffer.from("garbage"), join(folder, "out"), TIME)).rejects.toThrow(/TAR_BAD_ARCHIVE/);
});

test("what cannot be written is told when nothing is written any more", async () => {
  const path = await theme("one");
  for (let file = 0; file < 200; file += 1) await writeFile(join(path, `assets/${file}.txt`), "x".repeat(10_000));
  await mkdir(join(folder, "out/assets/0.txt/in-the-way"), { recursive: true });
  await expect(unpack(await pack(path), join(folder, "out"), TIME)).rejects.toThrow(/0\.txt/);
  await rm(join(folder, "out"), { recursive: true });
  await expect(stat(join(folder, "out"))).rejects.toThrow("ENOENT");
});
