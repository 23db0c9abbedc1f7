// Loaded into Ghost's process before Ghost, into that of either subject alike: answers over a socket in the process's
// folder with what the process has used. Plain JavaScript, as TypeScript would bring its loader into the process.
import { rmSync } from "node:fs";
import { createServer } from "node:net";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { isMainThread } from "node:worker_threads";

const SOCKET = "insides.sock";

/** The histogram holds the time between two ticks of so many milliseconds, so it is subtracted. */
const RESOLUTION_MS = 10;

const NANOSECONDS_PER_MS = 1e6;

if (isMainThread) serve();

function serve() {
  const loop = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  // of a process that was killed
  rmSync(SOCKET, { force: true });
  const server = createServer((socket) => {
    socket.once("data", (order) => socket.end(JSON.stringify(order.toString() === "collect" ? collected() : used())));
    socket.on("error", () => {});
  });
  server.listen(SOCKET).unref();

  function used() {
    const { user, system } = process.cpuUsage();
    const { rss, heapUsed } = process.memoryUsage();
    const loopDelayP99Ms = loop.count > 0 ? loop.percentile(99) / NANOSECONDS_PER_MS - RESOLUTION_MS : 0;
    // the next answer is about the time from now on
    loop.reset();
    loop.enable();
    return { cpuSeconds: (user + system) / 1e6, rssBytes: rss, heapBytes: heapUsed, loopDelayP99Ms };
  }

  function collected() {
    const before = used();
    setFlagsFromString("--expose-gc");
    runInNewContext("gc")();
    return { ...before, heapBytes: process.memoryUsage().heapUsed };
  }
}
