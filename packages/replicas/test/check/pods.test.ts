import { expect, test } from "vitest";
import { findPods } from "../../src/check/pods.ts";

const service = async (host: string) => {
  if (host !== "blog-pods") throw Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: "ENOTFOUND" });
  return [
    { address: "10.0.0.2", family: 4 },
    { address: "fd00::2", family: 6 },
    { address: "10.0.0.1", family: 4 },
    { address: "fd00::1", family: 6 },
  ];
};

const namesOf = async (list: string) => (await findPods(list, service)).map(({ name }) => name);

test("a Service is all its pods, each once, by one family of addresses", async () => {
  expect(await namesOf("blog-pods")).toEqual(["10.0.0.1:2368", "10.0.0.2:2368"]);
  expect(await namesOf("blog-pods:80")).toEqual(["10.0.0.1:80", "10.0.0.2:80"]);
  expect(await namesOf("blog-pods,10.0.0.2:2368")).toEqual(["10.0.0.1:2368", "10.0.0.2:2368"]);
});

test("addresses are taken as they are, in any order and family", async () => {
  expect(await namesOf("127.0.0.1:4001, 127.0.0.1:4000")).toEqual(["127.0.0.1:4001", "127.0.0.1:4000"]);
  expect(await findPods("[::1]:4000,[fd00::1]", service)).toEqual([
    { name: "[::1]:4000", address: "http://[::1]:4000" },
    { name: "[fd00::1]:2368", address: "http://[fd00::1]:2368" },
  ]);
});

test.each(["", "a,,b", "http://blog-pods", "blog-pods/", "blog-pods:port", "user@blog-pods", "blog-pods:99999"])(
  "%j is a mistake, not a pod",
  async (list) => {
    await expect(findPods(list, service)).rejects.toMatchObject({ exitCode: 64 });
  },
);

test("a Service that nobody knows is named", async () => {
  await expect(findPods("blog-pots", service)).rejects.toMatchObject({
    exitCode: 1,
    next: expect.stringContaining('"blog-pots"'),
  });
});
