import { Agent, get } from "node:http";
import { performance } from "node:perf_hooks";
import { startHttpProxy } from "../../network/http-proxy.ts";
import { Worker } from "../process/worker.ts";
import { percentile } from "../statistics.ts";
import { figuresOf, type Bench, type Case } from "./case.ts";

const AT_ONCE = 100;
const WARM_VIEWS = 100;
const MONTH = "2026/11";
const SIZE = `/content/images/size/w600/${MONTH}/photo.jpg`;

const COLD = {
  case: "size-cold",
  title: `${AT_ONCE} requests at once for a size that does not exist yet`,
  metrics: [
    { metric: "resizes", unit: "resizes" },
    { metric: "requests", unit: "requests" },
    { metric: "p50", unit: "ms" },
    { metric: "p95", unit: "ms" },
  ],
};

const WARM = {
  case: "size-warm",
  title: `${WARM_VIEWS} further requests for that size, one after the other`,
  metrics: [
    { metric: "requests", unit: "requests/view" },
    { metric: "p50", unit: "ms" },
  ],
};

/** A picture in a new post, asked for in a size by many readers at once, then by more. */
export function sizes(): Case {
  return {
    id: "sizes",
    figures: [COLD, WARM],
    possible: (subject) => subject.makesSizes,
    async run(bench) {
      await savePhoto(bench);
      const proxy = await startHttpProxy({ target: bench.store.endpoint });
      const { subject, store, ghost } = bench;
      const options = subject.options({ ...store, endpoint: proxy.url }, "images");
      const agent = new Agent({ keepAlive: true });
      const worker = await Worker.start({ module: subject.module("images"), options }, { work: "sizes", ghost });
      try {
        proxy.reset();
        const view = () => viewOnce(worker.port, agent);
        const cold = await Promise.all(Array.from({ length: AT_ONCE }, view));
        const { resizes } = await worker.go();
        const coldRequests = proxy.stats().requests;
        const warm: number[] = [];
        for (let views = 0; views < WARM_VIEWS; views += 1) warm.push(await view());
        const warmRequests = proxy.stats().requests - coldRequests;
        return [
          ...figuresOf(COLD, {
            resizes,
            requests: coldRequests,
            p50: percentile(cold, 50),
            p95: percentile(cold, 95),
          }),
          ...figuresOf(WARM, { requests: warmRequests / WARM_VIEWS, p50: percentile(warm, 50) }),
        ];
      } finally {
        agent.destroy();
        await worker.stop();
        await proxy.close();
      }
    },
  };
}

/** As Ghost saves an upload: the picture, and the untouched original beside it. In a process that ends before any view. */
async function savePhoto({ subject, store, files }: Bench): Promise<void> {
  const worker = await Worker.start(
    { module: subject.module("images"), options: subject.options(store, "images") },
    {
      work: "upload",
      files: [files.photo, { ...files.photo, name: "photo_o.jpg" }],
      concurrency: 1,
      targetDir: MONTH,
    },
  );
  try {
    await worker.go();
  } finally {
    await worker.stop();
  }
}

/** Milliseconds until the whole answer is there. A redirect is an answer: it is what the subject gives the reader. */
async function viewOnce(port: number, agent: Agent): Promise<number> {
  const start = performance.now();
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const request = get({ port, host: "127.0.0.1", path: SIZE, agent }, (response) => {
    const { statusCode = 0, headers } = response;
    const good = statusCode === 200 ? headers["content-type"] === "image/jpeg" : statusCode < 400;
    response.on("error", reject);
    response.resume();
    response.on("end", () => {
      if (good) resolve(performance.now() - start);
      else reject(new Error(`${SIZE} was answered with ${statusCode}, ${headers["content-type"]}`));
    });
  });
  request.on("error", reject);
  return await promise;
}
