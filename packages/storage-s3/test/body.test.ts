import { Readable } from "node:stream";
import type { GetObjectCommandOutput } from "@aws-sdk/client-s3";
import { describe, expect, test } from "vitest";
import { readBody } from "../src/reading/body.ts";
import type { Store } from "../src/store/store.ts";

type Answer = Partial<GetObjectCommandOutput> & { text?: string };

const answer = ({ text = "", ...rest }: Answer): GetObjectCommandOutput => ({
  Body: Readable.from([Buffer.from(text)], { objectMode: false }) as never,
  ETag: '"1"',
  $metadata: {},
  ...rest,
});

/** A store that answers the question for the rest. */
const storeWith = (rest: Answer): Store => ({ timeoutMs: 1000, get: async () => answer(rest) }) as unknown as Store;

const broken = () => answer({ text: "0123", ContentLength: 10 });

describe("a body that breaks off", () => {
  test("goes on with the rest of the same version", async () => {
    const store = storeWith({ text: "456789", ContentRange: "bytes 4-9/10" });
    expect(String(await readBody(store, "a", broken()))).toBe("0123456789");
  });

  test.each<[string, Answer]>([
    ["the whole instead of the rest", { text: "0123456789" }],
    ["another part", { text: "345678", ContentRange: "bytes 3-8/10" }],
    ["another version", { text: "456789", ContentRange: "bytes 4-9/10", ETag: '"2"' }],
  ])("is an error when the store sends %s", async (_title, rest) => {
    await expect(readBody(storeWith(rest), "a", broken())).rejects.toThrow("early");
  });
});

test("an answer that does not tell its length is not taken for empty", async () => {
  await expect(readBody(storeWith({}), "a", answer({ text: "0123" }))).rejects.toThrow("length");
});
