import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { bareTag, digest } from "../../src/commands/migrate/digest.ts";
import { fromBytes } from "../../src/upload/source.ts";

const MiB = 1024 * 1024;
const OPTIONS = { multipartUploadThresholdBytes: 8 * MiB, multipartChunkSizeBytes: 5 * MiB };

const md5 = (bytes: Uint8Array): Buffer => createHash("md5").update(bytes).digest();
const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

describe("a digest", () => {
  test.each([0, 1, MiB, 3 * MiB + 7, 8 * MiB - 1])("of %i bytes is that of a single put", async (size) => {
    const bytes = Buffer.alloc(size, "storage");
    expect(await digest(fromBytes(bytes), OPTIONS)).toEqual({
      size,
      sha256: sha256(bytes),
      etag: md5(bytes).toString("hex"),
    });
  });

  test("of a large file is that of its parts", async () => {
    const bytes = Buffer.alloc(12 * MiB + 3, "storage");
    const parts = [0, 5, 10].map((start) => md5(bytes.subarray(start * MiB, (start + 5) * MiB)));
    const { etag, sha256: whole } = await digest(fromBytes(bytes), OPTIONS);
    expect(etag).toBe(`${md5(Buffer.concat(parts)).toString("hex")}-3`);
    expect(whole).toBe(sha256(bytes));
  });

  test("is compared without the quotes of a header", () => {
    expect(['"abc"', "abc", 'W/"abc"', undefined].map(bareTag)).toEqual(["abc", "abc", "abc", undefined]);
  });
});
