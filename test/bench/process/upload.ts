import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import { watchMemory } from "./memory.ts";
import type { Adapter, UploadOrder, UploadOutcome } from "./order.ts";

/** The histogram holds the time between two ticks of this many milliseconds, so it is subtracted. */
const RESOLUTION = 10;

/** Saves the files, so many at once, and watches what that costs the process. */
export async function upload(adapter: Adapter, order: UploadOrder): Promise<UploadOutcome> {
  const loop = monitorEventLoopDelay({ resolution: RESOLUTION });
  const highest = watchMemory();
  const cpu = process.cpuUsage();
  const start = performance.now();
  loop.enable();

  const urls: string[] = [];
  const latencies: number[] = [];
  let next = 0;
  const saveInTurn = async (): Promise<void> => {
    while (next < order.files.length) {
      const index = next;
      next += 1;
      const began = performance.now();
      urls[index] = await adapter.save(order.files[index]!, order.targetDir);
      latencies[index] = performance.now() - began;
    }
  };
  await Promise.all(Array.from({ length: order.concurrency }, saveInTurn));

  loop.disable();
  const { user, system } = process.cpuUsage(cpu);
  return {
    urls,
    latencies,
    seconds: (performance.now() - start) / 1000,
    cpuSeconds: (user + system) / 1e6,
    peakMiB: highest(),
    loopDelayP99: loop.percentile(99) / 1e6 - RESOLUTION,
  };
}
