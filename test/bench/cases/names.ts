import { posix } from "node:path";
import { startHttpProxy } from "../../network/http-proxy.ts";
import { Worker } from "../process/worker.ts";
import type { StoredObject } from "../store.ts";
import { figuresOf, type Bench, type Case } from "./case.ts";

function adapterOf({ subject, store }: Bench, endpoint = store.endpoint) {
  return { module: subject.module("images"), options: subject.options({ ...store, endpoint }, "images") };
}

/** What was saved as image.png, under whatever name; an adapter may keep objects of its own beside it. */
async function picturesIn({ store }: Bench): Promise<StoredObject[]> {
  return (await store.objects()).filter(({ key }) => posix.basename(key).startsWith("image"));
}

const EQUAL = {
  case: "equal-names-50",
  title: "50 pictures called image.png from two processes at once",
  metrics: [
    { metric: "objects", unit: "objects" },
    { metric: "urls", unit: "URLs" },
    { metric: "lost", unit: "pictures" },
  ],
};

/** Screenshots and phones give equal names; two replicas of Ghost share one bucket. */
export function equalNames(): Case {
  return {
    id: EQUAL.case,
    figures: [EQUAL],
    async run(bench) {
      const { equalNames: files, tiny } = bench.files;
      const halves = [files.slice(0, files.length / 2), files.slice(files.length / 2)];
      const starting = halves.map((half) =>
        Worker.start(adapterOf(bench), { work: "upload", files: half, concurrency: half.length, warmUp: tiny }),
      );
      const workers = await Promise.all(starting);
      try {
        const outcomes = await Promise.all(workers.map((worker) => worker.go()));
        const pictures = await picturesIn(bench);
        return figuresOf(EQUAL, {
          objects: pictures.length,
          urls: new Set(outcomes.flatMap(({ urls }) => urls)).size,
          lost: files.length - new Set(pictures.map(({ etag }) => etag)).size,
        });
      } finally {
        await Promise.all(workers.map((worker) => worker.stop()));
      }
    },
  };
}

const TAKEN = 199;

const NEXT = {
  case: "equal-name-200th",
  title: `The 200th image.png, in a process that saves its first picture, 0 ms`,
  metrics: [
    { metric: "requests", unit: "requests" },
    { metric: "time", unit: "ms" },
  ],
};

/** The bucket holds image.png and image-1.png to image-198.png where the subject itself put the first of them. */
export function nextName(): Case {
  return {
    id: NEXT.case,
    figures: [NEXT],
    async run(bench) {
      await saveOne(bench, bench.store.endpoint);
      const [first] = await picturesIn(bench);
      if (first === undefined)
        throw new Error("the first image.png was saved without an error, but is not in the bucket");
      const { dir, name, ext } = posix.parse(first.key);
      for (let number = 1; number < TAKEN; number += 1) {
        await bench.store.put(posix.join(dir, `${name}-${number}${ext}`), `picture ${number}`);
      }
      const proxy = await startHttpProxy({ target: bench.store.endpoint });
      try {
        const { latencies } = await saveOne(bench, proxy.url);
        const pictures = await picturesIn(bench);
        if (pictures.length !== TAKEN + 1) throw new Error(`${pictures.length} pictures after the ${TAKEN + 1}th`);
        return figuresOf(NEXT, { requests: proxy.stats().requests, time: latencies[0]! });
      } finally {
        await proxy.close();
      }
    },
  };
}

async function saveOne(bench: Bench, endpoint: string) {
  const files = bench.files.equalNames.slice(0, 1);
  const worker = await Worker.start(adapterOf(bench, endpoint), { work: "upload", files, concurrency: 1 });
  try {
    return await worker.go();
  } finally {
    await worker.stop();
  }
}
