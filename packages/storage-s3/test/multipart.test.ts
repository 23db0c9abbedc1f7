import { expect, test } from "vitest";
import { partSize } from "../src/upload/multipart.ts";

const MiB = 1024 ** 2;
const GiB = 1024 ** 3;
const TiB = 1024 ** 4;

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const MAX_PARTS = 10_000;
const LARGEST_PART = 5 * GiB;

test.each([0, 1, 16 * MiB, 500 * MiB, 40 * GiB])("a file of %d bytes goes in parts as configured", (size) => {
  expect(partSize(size, 8 * MiB)).toBe(8 * MiB);
});

test.each([100 * GiB, 1 * TiB, 5 * TiB - 1, 5 * TiB])(
  "a file of %d bytes fits in 10,000 parts that S3 takes",
  (size) => {
    for (const configured of [5 * MiB, 8 * MiB]) {
      const part = partSize(size, configured);
      expect(Math.ceil(size / part)).toBeLessThanOrEqual(MAX_PARTS);
      expect(part).toBeGreaterThanOrEqual(configured);
      expect(part).toBeLessThanOrEqual(LARGEST_PART);
      expect(part % MiB).toBe(0);
    }
  },
);
