import { execa } from "execa";
import { beforeAll, expect, test } from "vitest";
import { GHOST_VERSION } from "@stateless-ghost/local";
import { describeWith, docker } from "../needs.ts";
import { build, buildImage, filesIn, inspect, runOnce } from "./images.ts";

/** Far below the 65 % of the official image that it must not exceed; the bench compares them. */
const MOST_MB = 480;

/** By their names in folders of programs: what only a build or an intruder needs. */
const TOOLS =
  /\/s?bin\/(?:[bd]?a?sh|busybox|env|npm|npx|pnpm|yarn|corepack|gcc|g\+\+|cc|make|python[\d.]*|perl|sqlite3|apt|dpkg|curl|wget)$/;

/** Packages that nothing in the image can use. */
const PACKAGES = /\/(?:better-sqlite3|sqlite3|libsql|re2|node-gyp|typescript)\/package\.json$/;

/** What nobody reads at run time. */
const LEFTOVERS = /\/node_modules\/.*(?:\.d\.[cm]?ts|\.map|\.tsx|README\.md|\.gyp)$/;

/** Looks for all modules that the image says it knows, without its help. */
const RESOLVED = `
  const { createRequire } = require("node:module");
  const resolutions = require("/var/lib/ghost/resolutions.json");
  const all = Object.entries(resolutions).flatMap(([folder, known]) =>
    Object.entries(known).map(([request, file]) => [createRequire(folder + "/any.js").resolve(request) === file, folder, request]));
  console.log(JSON.stringify({ known: all.length, wrong: all.filter(([right]) => !right) }));
`;

describeWith([docker], "the image", () => {
  let image: string;
  let files: string[];

  beforeAll(async () => {
    image = await buildImage(GHOST_VERSION);
    files = await filesIn(image);
  });

  test("is small", async () => {
    expect((await inspect(image)).Size / 1e6).toBeLessThan(MOST_MB);
  });

  test("runs as a user that is a number and not root, and says what it is", async () => {
    const { Config } = await inspect(image);
    expect(Config.User).toBe("65532:65532");
    expect(Config.Labels).toMatchObject({
      "org.opencontainers.image.version": GHOST_VERSION,
      "org.opencontainers.image.licenses": "MIT",
    });
  });

  test("has no shell, no package manager, no compiler, no SQLite and no leftovers of a build", () => {
    expect(files.length).toBeGreaterThan(10_000);
    for (const unwanted of [TOOLS, PACKAGES, LEFTOVERS]) {
      expect(files.filter((file) => unwanted.test(file))).toEqual([]);
    }
  });

  test("says all that is missing at once", async () => {
    const { exitCode, all } = await runOnce(image, ["--read-only"]);
    expect(exitCode).toBe(64);
    const missing = [...all.matchAll(/^ {2}- (\S+): missing/gm)].map(([, key]) => key);
    expect(missing).toEqual([
      "url",
      "database__connection__host",
      "database__connection__user",
      "database__connection__password",
      "database__connection__database",
      "storage__s3__bucket",
      "replicas__bucket",
    ]);
    expect(all).toContain("Ghost was not started, and nothing was changed.");
  });

  test("has the commands of both packages", async () => {
    for (const name of ["ghost-replica", "storage-s3"]) {
      const { all } = await runOnce(image, ["--entrypoint", "node"], [name, "--help"]);
      expect(all).toContain(`Usage: ${name}`);
    }
  });

  test("takes compiled code from a cache that it cannot write", async () => {
    const { all } = await runOnce(image, ["--read-only", "-e", "NODE_DEBUG_NATIVE=COMPILE_CACHE"]);
    const accepted = all.match(/cache for .* was accepted/g)?.length ?? 0;
    const refused = all.match(/was rejected/g)?.length ?? 0;
    expect(accepted).toBeGreaterThan(100);
    expect(refused).toBe(0);
  });

  test("knows of each module what Node itself would find", async () => {
    const { all } = await runOnce(image, ["--read-only", "--entrypoint", "node"], ["--eval", RESOLVED]);
    const { known, wrong } = JSON.parse(all);
    expect(known).toBeGreaterThan(2000);
    expect(wrong).toEqual([]);
  });

  test("holds a bill of all that is in it", async () => {
    const { stdout: id } = await execa("docker", ["create", image]);
    try {
      const { stdout } = await execa("sh", ["-c", `docker cp ${id}:/usr/share/sbom/ghost.cdx.json - | tar xO`]);
      const bill = JSON.parse(stdout);
      expect(bill).toMatchObject({ bomFormat: "CycloneDX", specVersion: "1.6" });
      expect(bill.metadata.component).toMatchObject({ name: "ghost", version: GHOST_VERSION });
      const purls: string[] = bill.components.map(({ purl }: { purl: string }) => purl);
      for (const part of ["pkg:deb/debian/libc6@", "pkg:npm/%40stateless-ghost/replicas@", "pkg:npm/mysql2@"]) {
        expect(purls.some((purl) => purl.startsWith(part))).toBe(true);
      }
      expect(purls.some((purl) => /better-sqlite3|pkg:npm\/re2@/.test(purl))).toBe(false);
    } finally {
      await execa("docker", ["rm", id]);
    }
  });
});

describeWith([docker], "the build", () => {
  test("makes an image of the Ghost before, for upgrades", async () => {
    const image = await buildImage("6.64.0");
    const { exitCode, all } = await runOnce(image);
    expect(exitCode).toBe(64);
    expect(all).toContain("7 mistakes");
  });

  test("refuses a Ghost that was not tested", async () => {
    const args = ["-f", "docker/ghost/Dockerfile", "--build-arg", "GHOST_VERSION=6.60.0", "."];
    const { exitCode, all } = await build(args, false);
    expect(exitCode).not.toBe(0);
    expect(all).toContain("Give --build-arg GHOST_VERSION one of: 6.64.0, 6.65.0.");
  });
});
