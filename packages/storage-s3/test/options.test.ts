import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { OptionsError, resolveOptions, type ResolvedOptions } from "../src/options/options.ts";

const MiB = 1024 * 1024;

const resolve = (options: object): ResolvedOptions => resolveOptions({ bucket: "blog", ...options }, "content/images");

function mistakesOf(options: unknown): readonly { key: string; given: string; expected: string }[] {
  try {
    resolveOptions(options, "content/images");
  } catch (error) {
    if (error instanceof OptionsError) return error.mistakes;
    throw error;
  }
  return [];
}

function messageOf(options: unknown): string {
  try {
    resolveOptions(options, "content/images");
  } catch (error) {
    return (error as Error).message;
  }
  return "";
}

beforeEach(() => {
  for (const name of ["AWS_REGION", "AWS_DEFAULT_REGION", "url"]) vi.stubEnv(name, undefined);
});

afterEach(() => {
  vi.unstubAllEnvs();
});

describe("what is right", () => {
  test("only a bucket is required", () => {
    const options = resolve({});
    expect(options.acl).toBeUndefined();
    expect(options).toMatchObject({
      bucket: "blog",
      provider: "aws",
      region: undefined,
      tenantPrefix: "",
      staticFileURLPrefix: "content/images",
      multipartUploadThresholdBytes: 16 * MiB,
      uploadMemoryBytes: 64 * MiB,
      conditionalWrites: true,
      variants: undefined,
    });
  });

  test("every key of Ghost's own S3Storage is taken, with slashes trimmed as there", () => {
    const options = resolve({
      staticFileURLPrefix: "/content/files/",
      cdnUrl: "https://cdn.example.com/",
      tenantPrefix: "/blogs/anna/",
      region: "eu-central-1",
      endpoint: "https://s3.example.com/",
      forcePathStyle: false,
      accessKeyId: "id",
      secretAccessKey: "secret",
      sessionToken: "token",
      multipartUploadThresholdBytes: 10 * MiB,
      multipartChunkSizeBytes: 5 * MiB,
    });
    expect(options).toMatchObject({
      staticFileURLPrefix: "content/files",
      cdnUrl: "https://cdn.example.com",
      tenantPrefix: "blogs/anna",
      region: "eu-central-1",
      endpoint: "https://s3.example.com",
      forcePathStyle: false,
      accessKeyId: "id",
      secretAccessKey: "secret",
      sessionToken: "token",
      multipartUploadThresholdBytes: 10 * MiB,
      multipartChunkSizeBytes: 5 * MiB,
    });
  });

  test("what a template left empty counts as not given", () => {
    const options = resolve({ region: "", endpoint: null, accessKeyId: "", secretAccessKey: "", cdnUrl: undefined });
    expect(options).toMatchObject({ region: undefined, provider: "aws" });
    expect(options).not.toHaveProperty("endpoint");
    expect(options).not.toHaveProperty("accessKeyId");
  });

  test("variants: true means the widths that Ghost and its themes ask for", () => {
    expect(resolve({ variants: true }).variants?.sizes).toEqual(expect.arrayContaining(["w600", "w1200", "w2400"]));
    expect(resolve({ variants: false }).variants).toBeUndefined();
    expect(resolve({ variants: { sizes: ["w600"] } }).variants).toEqual({ sizes: ["w600"], formats: ["webp"] });
  });

  test("the blog's URL comes from Ghost's own variable, and a wrong one is ignored", () => {
    vi.stubEnv("url", "https://blog.example.com/news/");
    expect(resolve({}).siteUrl).toBe("https://blog.example.com/news");
    expect(resolve({ siteUrl: "https://other.example.com" }).siteUrl).toBe("https://other.example.com");
    vi.stubEnv("url", "not a url");
    expect(resolve({}).siteUrl).toBeUndefined();
  });
});

describe("presets", () => {
  test.each([
    ["https://abc.r2.cloudflarestorage.com", "r2"],
    ["https://fra1.digitaloceanspaces.com", "spaces"],
    ["https://s3.us-west-004.backblazeb2.com", "b2"],
    ["https://s3.eu-central-1.wasabisys.com", "wasabi"],
    ["https://storage.googleapis.com", "gcs"],
    ["https://s3.eu-central-1.amazonaws.com", "aws"],
    ["http://minio:9000", "minio"],
    ["https://evil-amazonaws.com", "minio"],
  ])("%s is recognised as %s", (endpoint, provider) => {
    expect(resolve({ endpoint }).provider).toBe(provider);
  });

  test("stores that do not know the SDK's checksums are not sent any", () => {
    const elsewhere = resolve({ endpoint: "https://abc.r2.cloudflarestorage.com" });
    expect(elsewhere).toMatchObject({ checksums: "when_required", region: "auto", conditionalWrites: "probe" });
    expect(resolve({}).checksums).toBe("when_supported");
  });

  test("what is given wins over the preset", () => {
    const options = { endpoint: "http://minio:9000", region: "here", forcePathStyle: false, conditionalWrites: true };
    expect(resolve(options)).toMatchObject({ region: "here", forcePathStyle: false, conditionalWrites: true });
  });

  test("a region of the environment is left to the SDK", () => {
    expect(resolve({ endpoint: "http://minio:9000" }).region).toBe("us-east-1");
    vi.stubEnv("AWS_REGION", "eu-west-1");
    expect(resolve({ endpoint: "http://minio:9000" }).region).toBeUndefined();
  });
});

describe("mistakes", () => {
  test("all of them are reported at once, each with its key, what was given and what would be right", () => {
    const mistakes = mistakesOf({
      cdnUrl: "cdn.example.com",
      multipartChunkSizeBytes: 1024,
      serve: "proxy",
      maxSockets: "many",
      tags: { "": "x" },
      variants: { sizes: ["600"] },
    });
    expect(mistakes.map(({ key }) => key).toSorted()).toEqual([
      "bucket",
      "cdnUrl",
      "maxSockets",
      "multipartChunkSizeBytes",
      "serve",
      "tags",
      "variants",
    ]);
    expect(mistakes.find(({ key }) => key === "bucket")?.given).toBe("missing");
    expect(mistakes.find(({ key }) => key === "serve")).toMatchObject({ given: 'given "proxy"' });
    for (const { expected } of mistakes) expect(expected.length).toBeGreaterThan(5);
  });

  test.each([
    ["cdnURL", "cdnUrl"],
    ["acessKeyId", "accessKeyId"],
    ["regoin", "region"],
  ])("the typing error %s gets the right name", (typo, right) => {
    expect(mistakesOf({ bucket: "blog", [typo]: "x" })).toContainEqual({
      key: typo,
      given: "no such option",
      expected: `"${right}"`,
    });
  });

  test.each([
    ["a key without its secret", { accessKeyId: "AKIA" }, "secretAccessKey"],
    ["a secret without its key", { secretAccessKey: "x" }, "accessKeyId"],
    ["a session token alone", { sessionToken: "x" }, "accessKeyId"],
    ["a KMS key without KMS", { sseKmsKeyId: "arn", serverSideEncryption: "AES256" }, "serverSideEncryption"],
    ["a redirect without a target", { serve: "redirect" }, "cdnUrl"],
    ["a provider without its endpoint", { provider: "r2" }, "endpoint"],
  ])("%s is a contradiction", (_name, options, missing) => {
    expect(mistakesOf({ bucket: "blog", ...options }).map(({ key }) => key)).toContain(missing);
  });

  test("a contradiction is reported beside other mistakes", () => {
    const keys = mistakesOf({ accessKeyId: "AKIA", serve: "redirect" }).map(({ key }) => key);
    expect(keys.toSorted()).toEqual(["bucket", "cdnUrl", "secretAccessKey"]);
  });

  test("secrets are never shown, whatever is wrong with them", () => {
    const message = messageOf({
      accessKeyId: ["SECRET-1"],
      secretAccessKey: { value: "SECRET-2" },
      sessionToken: ["SECRET-3"],
      maxSockets: "visible",
    });
    expect(message).toContain("visible");
    expect(message).not.toContain("SECRET");
    expect(message).toContain("accessKeyId: given a value that is not shown");
  });

  test.each([[undefined], [null], ["bucket"], [42], [[]]])(
    "%j is no configuration: the bucket is missing",
    (config) => {
      expect(mistakesOf(config)).toEqual([expect.objectContaining({ key: "bucket", given: "missing" })]);
    },
  );

  test("a prefix cannot lead out of the blog's folder", () => {
    expect(mistakesOf({ bucket: "blog", staticFileURLPrefix: "content/../../x" })).toHaveLength(1);
  });

  test("nor can a tenant's", () => {
    expect(mistakesOf({ bucket: "blog", tenantPrefix: "a/../../b" }).map(({ key }) => key)).toEqual(["tenantPrefix"]);
  });
});

describe("what an environment makes of values", () => {
  test("names of digits arrive as numbers", () => {
    const keys = { bucket: 123, accessKeyId: 456, secretAccessKey: 789, tags: { team: 42 } };
    expect(resolve(keys)).toMatchObject({
      bucket: "123",
      accessKeyId: "456",
      secretAccessKey: "789",
      tags: { team: "42" },
    });
  });

  test("the region is in the host, or the store's own, whatever AWS_REGION says", () => {
    vi.stubEnv("AWS_REGION", "eu-west-1");
    const regions = [
      "https://s3.eu-central-003.backblazeb2.com",
      "https://s3.eu-central-1.wasabisys.com",
      "https://x.r2.cloudflarestorage.com",
      "http://minio:9000",
    ].map((endpoint) => resolve({ endpoint }).region);
    expect(regions).toEqual(["eu-central-003", "eu-central-1", "auto", undefined]);
  });
});

test.each([
  ["bucket", "blog/anna"],
  ["acl", "everybody"],
  ["cacheControl", "public\nx: y"],
  ["cdnUrl", "https://cdn.example.com/?a=b"],
  ["tags", Object.fromEntries(Array.from({ length: 11 }, (_, index) => [`t${index}`, "x"]))],
  ["variants", { sizes: ["w0"] }],
])("a wrong %s is found at boot", (key, value) => {
  expect(mistakesOf({ bucket: "blog", [key]: value }).map((each) => each.key)).toEqual([key]);
});
