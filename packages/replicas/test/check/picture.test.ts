import { expect, test } from "vitest";
import { drawPng, flawOf, someSize } from "../../src/check/picture.ts";

const size = { width: 40, height: 30 };

test("a picture is itself, whatever its size", () => {
  for (const some of [size, someSize(), { width: 1, height: 1 }]) {
    expect(flawOf(drawPng(some), some)).toBeUndefined();
  }
});

test("another picture, half of one, a damaged one and none at all are told apart", () => {
  const png = drawPng(size);
  expect(flawOf(drawPng({ width: 30, height: 40 }), size)).toBe("a picture of 30 × 40 pixels");
  for (let length = 8; length < png.length; length += 1) {
    expect(flawOf(png.subarray(0, length), size)).toBe(`a PNG that ends after ${length} bytes`);
  }
  const damaged = Buffer.from(png);
  damaged.writeUInt8(damaged.readUInt8(50) ^ 1, 50);
  expect(flawOf(damaged, size)).toBe("a PNG with a damaged IDAT");
  expect(flawOf(Buffer.from("<html>"), size)).toBe("6 bytes that are no PNG");
  expect(flawOf(Buffer.alloc(0), size)).toBe("0 bytes that are no PNG");
});
