import { cp, mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installGhost } from "@stateless-ghost/local";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildAdapter, type BuiltAdapter } from "./built-adapter.ts";

async function check(names: string[], env: Record<string, string>): Promise<string> {
  const { directory } = await installGhost();
  const specs = names.map((name) => `storage:${name}`);
  const { all } = await execa(process.execPath, ["bin/validate-adapters.js", "--check-duplicate-deps", ...specs], {
    cwd: directory,
    env: { ...env, NODE_ENV: "production" },
    all: true,
  });
  return all;
}

const withFeatures = (name: string): string[] => [name, `${name}/images`, `${name}/media`, `${name}/files`];

describe("Ghost's own check of adapters passes", () => {
  let adapter: BuiltAdapter;
  let root: string;

  beforeAll(async () => {
    [adapter, root] = await Promise.all([buildAdapter(), mkdtemp(join(tmpdir(), "packaging-"))]);
  });

  afterAll(() => Promise.all([adapter.remove(), rm(root, { recursive: true })]));

  test("for the folder in content/adapters/storage", async () => {
    const content = join(root, "content");
    await mkdir(join(content, "adapters/storage"), { recursive: true });
    await cp(adapter.folder, join(content, "adapters/storage/stateless-ghost"), { recursive: true });
    const said = await check(withFeatures("stateless-ghost"), { paths__contentPath: content });
    expect(said).toContain("no duplicate dependencies");
    expect(said).toContain("Validated 4 adapter(s)");
  });

  test("for the package that is installed beside Ghost", async () => {
    const modules = join(root, "node_modules");
    await mkdir(join(modules, "@stateless-ghost"), { recursive: true });
    await cp(adapter.folder, join(modules, "@stateless-ghost/storage-s3"), { recursive: true });
    const said = await check(withFeatures("@stateless-ghost/storage-s3"), { NODE_PATH: modules });
    expect(said).toContain("no duplicate dependencies");
    expect(said).toContain("Validated 4 adapter(s)");
  });

  test("and nothing but the package's own files is in it", async () => {
    const files = await readdir(adapter.folder);
    expect(
      files.filter(
        (file) => !/^((index|images|media|files)\.(js|d\.ts)|cli\.js|package\.json|README\.md|LICENSE)$/.test(file),
      ),
    ).toEqual([]);
  });

  test("all mistakes of a configuration are told at boot, and no secret", () => {
    const Images = adapter.feature("images");
    expect(() => Images.validate({ secretAccessKey: "SECRET", cdnUrl: "cdn", regoin: "x" })).toThrow(
      expect.objectContaining({
        errorType: "IncorrectUsageError",
        message: expect.stringMatching(/^The storage configuration has 4 mistakes(?!.*SECRET)/s),
      }),
    );
  });
});
