import { ByteBudget } from "./upload/budget.ts";
import { clientsFor } from "./store/client.ts";
import { probeConditionalCompletes, probeConditionalWrites } from "./store/conditional-writes.ts";
import { watchBudget } from "./observation/metrics.ts";
import type { ResolvedOptions } from "./options/options.ts";
import type { Surroundings } from "./storage.ts";
import { Store } from "./store/store.ts";

/** One budget for all uploads of the process: Ghost makes an adapter for every feature. */
const budget = new ByteBudget(0);
watchBudget(budget);

/** Answers to the probe, by bucket and prefix; they hold for the life of the process. */
const probes = new Map<string, Promise<boolean>>();

/** What a feature shares with the others of the process. Nothing is sent before the first upload. */
export function surroundingsOf(options: ResolvedOptions, clients = clientsFor(options)): Surroundings {
  budget.raise(options.uploadMemoryBytes);
  const store = new Store(clients, options);
  const { conditionalWrites, tenantPrefix } = options;
  if (conditionalWrites !== "probe") {
    return { store, budget, conditionalWrites: async () => conditionalWrites, conditionalWritesKnown: () => true };
  }
  const id = [options.endpoint, options.bucket, tenantPrefix].join(" ");
  const writes = () => once(id, store, () => probeConditionalWrites(store, tenantPrefix));
  const completes = () => once(`${id} parts`, store, () => probeConditionalCompletes(store, tenantPrefix));
  return {
    store,
    budget,
    conditionalWrites: async (inParts) => (await writes()) && (!inParts || (await completes())),
    conditionalWritesKnown: () => probes.has(id),
  };
}

function once(id: string, store: Store, ask: () => Promise<boolean>): Promise<boolean> {
  let probe = probes.get(id);
  if (!probe) {
    probe = ask().catch((error: unknown) => {
      // An answer that did not come is asked for again by the next upload.
      probes.delete(id);
      throw store.failed(error, { operation: "PutObject", key: "", effect: "Nothing was stored." });
    });
    probes.set(id, probe);
  }
  return probe;
}
