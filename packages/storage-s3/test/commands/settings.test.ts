import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { SettingsFlags } from "../../src/commands/settings/flags.ts";
import { prefixWarning, settingLines } from "../../src/commands/settings/settings-report.ts";
import { resolveSettings } from "../../src/commands/settings/settings.ts";

let cwd: string;

beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), "storage-s3-settings-"));
});

afterEach(() => {
  rmSync(cwd, { recursive: true });
});

function resolve(config: object | undefined, flags: SettingsFlags = {}, env: Record<string, string> = {}) {
  if (config) writeFileSync(join(cwd, "config.production.json"), JSON.stringify(config));
  return resolveSettings(flags, { cwd, env });
}

const bucketsOf = ({ features }: ReturnType<typeof resolve>): Record<string, string> =>
  Object.fromEntries(features.map(({ feature, options }) => [feature, options.bucket]));

describe("the bucket of a feature", () => {
  test("comes from flags alone, for all features", () => {
    const { features } = resolve(undefined, { bucket: "b", region: "eu-central-1" });
    expect(features.map(({ feature, options }) => [feature, options.staticFileURLPrefix])).toEqual([
      ["images", "content/images"],
      ["media", "content/media"],
      ["files", "content/files"],
    ]);
  });

  test("comes from the active adapter; media and files stay on disk unless named", () => {
    const settings = resolve({ storage: { active: "S3Storage", S3Storage: { bucket: "b" } } });
    expect(bucketsOf(settings)).toEqual({ images: "b" });
    expect(settings.local).toEqual([
      { feature: "media", adapter: "LocalMediaStorage" },
      { feature: "files", adapter: "LocalFilesStorage" },
    ]);
  });

  test("comes from adapters.storage in place of storage, defaults and all", () => {
    const storage = { active: "x", x: { bucket: "old" } };
    const settings = resolve({ storage, adapters: { storage: { active: "y", y: { bucket: "new" } } } });
    expect(bucketsOf(settings)).toEqual({ images: "new", media: "new", files: "new" });
  });

  test("is merged from the feature's own values over those of the adapter", () => {
    const settings = resolve({
      storage: {
        active: "s3/images",
        "s3/images": { bucket: "b", region: "eu-west-1" },
        media: { adapter: "s3/images", bucket: "m" },
        files: "s3/images",
      },
    });
    expect(bucketsOf(settings)).toEqual({ images: "b", media: "m", files: "b" });
    expect(settings.features[1]?.options.region).toBe("eu-west-1");
    expect(settings.features[1]?.origin("bucket")).toBe("config.production.json: storage.media.bucket");
    expect(settings.features[1]?.origin("region")).toBe("config.production.json: storage.s3/images.region");
  });

  test("falls to the active adapter when a name has no block, as in Ghost", () => {
    const settings = resolve({ storage: { active: "s3", s3: { bucket: "b" }, media: "nothing" } });
    expect(bucketsOf(settings)).toEqual({ images: "b", media: "b" });
  });

  test("follows environment over file, and flags over both", () => {
    const config = { storage: { active: "s3", s3: { bucket: "file", region: "file", endpoint: "https://file.test" } } };
    const env = { storage__s3__bucket: "env", storage__s3__region: "env" };
    const { features } = resolve(config, { bucket: "flag" }, env);
    const [{ options, origin }] = features;
    expect([options.bucket, options.region, options.endpoint]).toEqual(["flag", "env", "https://file.test"]);
    expect([origin("bucket"), origin("region"), origin("endpoint"), origin("acl")]).toEqual([
      "flag --bucket",
      "environment storage__s3__region",
      "config.production.json: storage.s3.endpoint",
      undefined,
    ]);
  });

  test("comes from the environment alone, where values are JSON and secrets may be files", () => {
    writeFileSync(join(cwd, "secret"), "0123\n");
    const { features } = resolve(
      undefined,
      {},
      {
        storage__active: "s3",
        storage__s3__bucket: "b",
        storage__s3__forcePathStyle: "true",
        storage__s3__accessKeyId: "key",
        storage__s3__secretAccessKey_FILE: join(cwd, "secret"),
        url: "https://blog.test/sub/",
      },
    );
    const [{ options, origin }] = features;
    expect(options).toMatchObject({ forcePathStyle: true, secretAccessKey: "0123", siteUrl: "https://blog.test/sub" });
    expect(origin("siteUrl")).toBe("environment url");
  });

  test("comes from the file of NODE_ENV", () => {
    writeFileSync(join(cwd, "config.staging.json"), JSON.stringify({ storage: { active: "a", a: { bucket: "s" } } }));
    expect(bucketsOf(resolve({ storage: { active: "a", a: { bucket: "p" } } }, {}, { NODE_ENV: "staging" }))).toEqual({
      images: "s",
    });
  });

  test("is that of the given features only", () => {
    const { features } = resolve(undefined, { bucket: "b", feature: ["files"] });
    expect(features.map(({ feature }) => feature)).toEqual(["files"]);
  });
});

describe("a configuration that is wrong", () => {
  test("names no bucket", () => {
    expect(() => resolve({})).toThrow(/No bucket is configured: .*images with LocalImagesStorage.*Nothing was done/);
  });

  test("has all mistakes named at once, without secrets", () => {
    const s3 = { bucket: "b", regoin: "x", secretAccessKey: "geheim", endpoint: "nonsense" };
    const attempt = (): unknown => resolve({ storage: { active: "s3", s3 } });
    expect(attempt).toThrow(/regoin: no such option; expected "region"/);
    expect(attempt).toThrow(/endpoint: given "nonsense"/);
    expect(attempt).toThrow(/accessKeyId: missing/);
    expect(attempt).not.toThrow(/geheim/);
  });

  test("is not there, or no JSON", () => {
    expect(() => resolve(undefined, { config: "other.json" })).toThrow(/other\.json cannot be read \(ENOENT\)/);
    writeFileSync(join(cwd, "broken.json"), "{");
    expect(() => resolve(undefined, { config: "broken.json" })).toThrow(/broken\.json is no JSON/);
    writeFileSync(join(cwd, "list.json"), "[]");
    expect(() => resolve(undefined, { config: "list.json" })).toThrow(/is no JSON object/);
  });

  test("names a secret file that is not there", () => {
    expect(() => resolve(undefined, {}, { storage__s3__secretAccessKey_FILE: "/nowhere/at/all" })).toThrow(
      /storage__s3__secretAccessKey_FILE names cannot be read/,
    );
  });
});

/** What is said of an adapter `x` for images and a given block for media. */
function warn(media: object): string | undefined {
  const { features } = resolve({ storage: { active: "x", x: { bucket: "b" }, media } });
  return features.map(prefixWarning).find(Boolean);
}

describe("the report", () => {
  test("shows values, where they come from, defaults, and no secret", () => {
    const s3 = { bucket: "b", accessKeyId: "AKIASECRET", secretAccessKey: "geheim" };
    const { features } = resolve({ storage: { active: "s3", s3 } });
    const lines = settingLines(features[0]);
    expect(JSON.stringify(lines)).not.toMatch(/AKIASECRET|geheim/);
    expect(lines.find(({ option }) => option === "bucket")).toMatchObject({
      value: "b",
      from: "config.production.json: storage.s3.bucket",
    });
    expect(lines.find(({ option }) => option === "maxAttempts")).toMatchObject({ value: "3", isDefault: true });
  });

  test("warns of a class that cannot know where media go", () => {
    expect(warn({ adapter: "x" })).toMatch(/media under content\/images/);
    expect(warn({ adapter: "x/media", bucket: "b" })).toBeUndefined();
    expect(warn({ adapter: "x", staticFileURLPrefix: "content/media" })).toBeUndefined();
  });
});
