import { createServer, get, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { agentsFor } from "../src/store/agents.ts";

let server: Server | undefined;

afterEach(() => server?.close());

/** Answers each request after a while. */
async function slowServer(ms: number): Promise<number> {
  const started = createServer((_request, response) => void setTimeout(() => response.end("late"), ms));
  server = started;
  await new Promise<void>((ready) => started.listen(0, "127.0.0.1", ready));
  return (started.address() as AddressInfo).port;
}

test("waiting for a free connection is not waiting to be connected", async () => {
  const port = await slowServer(150);
  const { httpAgent } = agentsFor(100, 1);
  const ask = () =>
    new Promise<number | undefined>((answer, fail) => {
      get({ host: "127.0.0.1", port, agent: httpAgent }, (response) => {
        response.resume().on("end", () => answer(response.statusCode));
      }).on("error", fail);
    });
  expect(await Promise.all([ask(), ask(), ask(), ask()])).toEqual([200, 200, 200, 200]);
  httpAgent.destroy();
});
