import { once } from "node:events";
import { createRequire } from "node:module";
import type { Adapter, Order, Report } from "./order.ts";
import { serveSizes } from "./sizes.ts";
import { upload } from "./upload.ts";

/** One subject doing one thing: takes an order, says when it is ready, starts at `go`, sends the outcome. */
async function main(): Promise<void> {
  const [order] = (await once(process, "message")) as [Order];
  const adapter = load(order);
  if (order.work === "upload") {
    if (order.warmUp) await adapter.save(order.warmUp);
    send({ kind: "ready" });
    await once(process, "message");
    send({ kind: "done", outcome: await upload(adapter, order) });
  } else {
    const server = await serveSizes(adapter, order);
    // Loads what is loaded once; the answer does not matter.
    await adapter.exists("/size/w600/warm-up.jpg");
    send({ kind: "ready", port: server.port });
    process.on("message", () => send({ kind: "done", outcome: { resizes: server.resizes() } }));
  }
}

/** Adapters export their class as Ghost accepts it: as the module itself or as its default. */
function load(order: Order): Adapter {
  type AdapterClass = new (options: Record<string, unknown>) => Adapter;
  const loaded = createRequire(import.meta.url)(order.module) as AdapterClass | { default: AdapterClass };
  const Class = "default" in loaded ? loaded.default : loaded;
  return new Class(order.options);
}

function send(report: Report): void {
  process.send?.(report);
}

process.on("disconnect", () => process.exit());
main().catch((error: unknown) => {
  send({ kind: "failed", message: error instanceof Error ? `${error.name}: ${error.message}` : String(error) });
});
