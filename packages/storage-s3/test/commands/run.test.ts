import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { run } from "../../src/commands/run.ts";
import { fakeIo } from "./fake-io.ts";

const folder = mkdtempSync(join(tmpdir(), "storage-s3-run-"));
afterAll(() => rmSync(folder, { recursive: true }));

const BUCKET = ["--bucket", "b", "--region", "eu-central-1"];

describe("arguments", () => {
  test.each([
    ["an unknown command", ["dcotor"], /unknown command/],
    ["an unknown flag", ["doctor", "--buckt", "x"], /unknown option '--buckt'/],
    ["a secret", ["doctor", ...BUCKET, "--secret-access-key", "x"], /unknown option/],
    ["a wrong feature", ["doctor", ...BUCKET, "--feature", "pictures"], /one of images, media, files/],
    ["a wrong provider", ["doctor", ...BUCKET, "--provider", "azure"], /Allowed choices are aws/],
    ["no source", ["migrate", ...BUCKET], /missing required argument 'source'/],
    ["too much concurrency", ["migrate", ".", ...BUCKET, "--concurrency", "1000"], /from 1 to 128/],
    [
      "a source that is not there",
      ["migrate", "/nowhere/at/all", ...BUCKET],
      /no folder \/nowhere.*Nothing was copied/,
    ],
    ["a source of another kind", ["migrate", "https://example.com", ...BUCKET], /neither a folder nor s3:/],
    ["a folder without content", ["migrate", folder, ...BUCKET], /no content folder of Ghost/],
    ["the target as its source", ["migrate", "s3://b", ...BUCKET], /the source and the target/],
    ["an age that is none", ["gc", ...BUCKET, "--min-age", "old"], /a number with d, h or m/],
    ["a percentage beyond all", ["gc", ...BUCKET, "--max-percent", "101"], /from 0 to 100/],
    ["both kinds of gc", ["gc", ...BUCKET, "--dry-run", "--delete"], /cannot be used with/],
    ["a deletion that nobody confirms", ["gc", ...BUCKET, "--delete"], /Nobody is there to confirm/],
    ["a blog that is nowhere", ["gc", ...BUCKET], /not known where the posts are/],
    ["no configuration", ["doctor"], /No bucket is configured/],
    ["a wrong endpoint", ["doctor", ...BUCKET, "--endpoint", "minio:9000"], /endpoint: given "minio:9000"/],
  ])("with %s end with 2 and say so", async (_title, argv, message) => {
    const io = fakeIo();
    expect(await run(argv, io)).toBe(2);
    expect(io.err()).toMatch(message);
    expect(io.err()).not.toMatch(/\n\s+at /);
  });

  test.each([["doctor"], ["migrate"], ["gc"]])("of %s are explained with examples", async (command) => {
    const io = fakeIo();
    expect(await run([command, "--help"], io)).toBe(0);
    expect(io.out()).toMatch(new RegExp(`Examples:\n  storage-s3 ${command}`));
  });

  test("are not coloured for a pipe", async () => {
    const io = fakeIo();
    await run(["doctor"], io);
    expect(io.err()).not.toContain("\u001B");
  });
});

async function policy(...argv: string[]): Promise<string> {
  const io = fakeIo();
  expect(await run(["doctor", "--policy", ...BUCKET, ...argv], io)).toBe(0);
  return io.out();
}

describe("a policy", () => {
  test("allows what is needed, in the bucket and the prefix", async () => {
    const { Statement } = JSON.parse(await policy("--tenant-prefix", "blogs/anna"));
    expect(Statement).toEqual([
      {
        Sid: "Objects",
        Effect: "Allow",
        Action: ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"],
        Resource: ["content", "private", ".storage-s3"].map((name) => `arn:aws:s3:::b/blogs/anna/${name}/*`),
      },
      {
        Sid: "Names",
        Effect: "Allow",
        Action: ["s3:ListBucket"],
        Resource: "arn:aws:s3:::b",
        Condition: { StringLikeIfExists: { "s3:prefix": ["blogs/anna/*"] } },
      },
    ]);
  });

  test("knows the partitions of AWS", async () => {
    expect(await policy("--region", "cn-north-1")).toContain("arn:aws-cn:s3:::b");
    expect(await policy("--region", "us-gov-west-1")).toContain("arn:aws-us-gov:s3:::b");
  });
});
