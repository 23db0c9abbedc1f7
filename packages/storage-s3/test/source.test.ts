import { mkdtemp, rm, truncate, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fromBytes, openFile, readAll, splice } from "../src/upload/source.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "source-"));
});

afterAll(() => rm(folder, { recursive: true }));

const BYTES = Buffer.from(Array.from({ length: 1000 }, (_, index) => index % 251));

async function fileOf(bytes: Buffer): Promise<string> {
  const path = join(folder, `${Math.random()}`);
  await writeFile(path, bytes);
  return path;
}

describe("an open file", () => {
  test("is read at any offset", async () => {
    const source = await openFile(await fileOf(BYTES));
    const piece = Buffer.alloc(10);
    await source.read(piece, 500);
    expect([source.size, piece]).toEqual([1000, BYTES.subarray(500, 510)]);
    await source.close();
  });

  test("keeps its bytes when it is deleted", async () => {
    const path = await fileOf(BYTES);
    const source = await openFile(path);
    await unlink(path);
    expect(await readAll(source)).toEqual(BYTES);
    await source.close();
  });

  test("that shrinks is an error, never a short or padded object", async () => {
    const path = await fileOf(BYTES);
    const source = await openFile(path);
    await truncate(path, 100);
    await expect(readAll(source)).rejects.toThrow(/ended 900 bytes early/);
    await source.close();
  });
});

describe("a spliced source", () => {
  const slices = [
    { from: 0, length: 10 },
    { bytes: Buffer.from("NEW") },
    { from: 20, length: 5 },
    { bytes: Buffer.alloc(0) },
    { from: 990, length: 10 },
  ];
  const expected = Buffer.concat([
    BYTES.subarray(0, 10),
    Buffer.from("NEW"),
    BYTES.subarray(20, 25),
    BYTES.subarray(990),
  ]);

  test("consists of its slices", async () => {
    const spliced = splice(fromBytes(BYTES), slices);
    expect(spliced.size).toBe(28);
    expect(await readAll(spliced)).toEqual(expected);
  });

  test("is the same through every window", async () => {
    const spliced = splice(fromBytes(BYTES), slices);
    for (let offset = 0; offset < expected.length; offset += 1) {
      for (let length = 1; offset + length <= expected.length; length += 1) {
        const piece = Buffer.alloc(length);
        await spliced.read(piece, offset);
        expect(piece.equals(expected.subarray(offset, offset + length)), `${offset}+${length}`).toBe(true);
      }
    }
  });

  test("can be spliced again", async () => {
    const twice = splice(splice(fromBytes(BYTES), slices), [{ from: 8, length: 6 }, { bytes: Buffer.from("!") }]);
    expect(await readAll(twice)).toEqual(Buffer.concat([expected.subarray(8, 14), Buffer.from("!")]));
  });
});
