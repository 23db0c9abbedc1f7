import { afterEach, expect, test } from "vitest";
import { createMetrics } from "../../src/health/metrics.ts";
import { politeClose } from "../../src/serving/polite-close.ts";
import { requestCounter } from "../../src/serving/request-counter.ts";
import { serve } from "./served.ts";

let served: Awaited<ReturnType<typeof serve>>;

afterEach(() => served.close());

test("connections end only while draining, also for requests that came before", async () => {
  let draining = false;
  served = await serve(
    politeClose(() => draining),
    (request, response) => {
      if (request.url === "/last") draining = true;
      response.end();
    },
  );
  expect((await served.get("/")).headers.get("connection")).toBe("keep-alive");
  expect((await served.get("/last")).headers.get("connection")).toBe("close");
  expect((await served.get("/")).headers.get("connection")).toBe("close");
});

test("requests are counted by method and class of the status", async () => {
  const metrics = createMetrics();
  served = await serve(requestCounter(metrics), (request, response) => {
    response.writeHead(request.url === "/no" ? 404 : 200).end();
  });
  await (await served.get("/")).text();
  await (await served.get("/no")).text();
  await (await served.get("/", { method: "PROPFIND" })).text();
  const { values } = await metrics.requests.get();
  expect(values.map(({ labels, value }) => [labels.method, labels.status, value])).toEqual([
    ["GET", "2xx", 1],
    ["GET", "4xx", 1],
    ["other", "2xx", 1],
  ]);
  expect((await metrics.requestsOpen.get()).values[0]?.value).toBe(0);
});
