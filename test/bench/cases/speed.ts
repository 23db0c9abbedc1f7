import { stat } from "node:fs/promises";
import { percentile } from "../statistics.ts";
import type { UploadFile } from "../upload-files.ts";
import { figuresOf, type Case } from "./case.ts";
import { save, type Saving } from "./saving.ts";

/** `count` uploads of one file, each under a name of its own. */
function copies(file: UploadFile, count: number): UploadFile[] {
  return Array.from({ length: count }, (_, index) => ({ ...file, name: `${index + 100}-${file.name}` }));
}

/** One large file, as Ghost's media endpoint saves a video. */
export function video(rtt: number): Case {
  const figures = {
    case: `video-200mb-${rtt}ms`,
    title: `One 200 MB video, ${rtt} ms`,
    metrics: [
      { metric: "time", unit: "s" },
      { metric: "throughput", unit: "MB/s" },
      { metric: "memory", unit: "MiB" },
      { metric: "loop-delay-p99", unit: "ms" },
      { metric: "cpu", unit: "s" },
    ],
  };
  return {
    id: figures.case,
    figures: [figures],
    async run(bench) {
      const { size } = await stat(bench.files.video.path);
      const saving: Saving = { feature: "media", rtt, files: [bench.files.video], concurrency: 1 };
      const outcome = await save(bench, saving, size);
      return figuresOf(figures, {
        time: outcome.seconds,
        throughput: size / 1e6 / outcome.seconds,
        memory: outcome.peakMiB,
        "loop-delay-p99": outcome.loopDelayP99,
        cpu: outcome.cpuSeconds,
      });
    },
  };
}

const IMAGES = 40;

/** Pictures by several authors at once. */
export function images(rtt: number): Case {
  const figures = {
    case: `images-10mb-${rtt}ms`,
    title: `${IMAGES} images of 10 MB, 8 at a time, ${rtt} ms`,
    metrics: [
      { metric: "throughput", unit: "MB/s" },
      { metric: "save-p95", unit: "ms" },
      { metric: "memory", unit: "MiB" },
    ],
  };
  return {
    id: figures.case,
    figures: [figures],
    async run(bench) {
      const bytes = IMAGES * (await stat(bench.files.image10.path)).size;
      const files = copies(bench.files.image10, IMAGES);
      const outcome = await save(bench, { feature: "images", rtt, files, concurrency: 8 }, bytes);
      return figuresOf(figures, {
        throughput: bytes / 1e6 / outcome.seconds,
        "save-p95": percentile(outcome.latencies, 95),
        memory: outcome.peakMiB,
      });
    },
  };
}

const AT_ONCE = 60;

/** Everything at once, as Ghost's importer saves the pictures of a zip. */
export function atOnce(): Case {
  const figures = {
    case: "at-once-60x9mb",
    title: `${AT_ONCE} images of 9 MB at once, 0 ms`,
    metrics: [
      { metric: "time", unit: "s" },
      { metric: "memory", unit: "MiB" },
    ],
  };
  return {
    id: figures.case,
    figures: [figures],
    async run(bench) {
      const bytes = AT_ONCE * (await stat(bench.files.image9.path)).size;
      const files = copies(bench.files.image9, AT_ONCE);
      const outcome = await save(bench, { feature: "images", rtt: 0, files, concurrency: AT_ONCE }, bytes);
      return figuresOf(figures, { time: outcome.seconds, memory: outcome.peakMiB });
    },
  };
}
