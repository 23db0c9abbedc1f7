import { ByteBudget } from "./upload/budget.ts";
import { clientFor } from "./store/client.ts";
import { probeConditionalWrites } from "./store/conditional-writes.ts";
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
export function surroundingsOf(options: ResolvedOptions, client = clientFor(options)): Surroundings {
  budget.raise(options.uploadMemoryBytes);
  const store = new Store(client, options);
  const { conditionalWrites, tenantPrefix } = options;
  if (conditionalWrites !== "probe") {
    return { store, budget, conditionalWrites: async () => conditionalWrites, conditionalWritesKnown: () => true };
  }
  const id = [options.endpoint, options.bucket, tenantPrefix].join(" ");
  return {
    store,
    budget,
    conditionalWrites: () => probeOnce(id, store, tenantPrefix),
    conditionalWritesKnown: () => probes.has(id),
  };
}

function probeOnce(id: string, store: Store, prefix: string): Promise<boolean> {
  let probe = probes.get(id);
  if (!probe) {
    probe = probeConditionalWrites(store, prefix).catch((error: unknown) => {
      throw store.failed(error, { operation: "PutObject", key: prefix, effect: "Nothing was stored." });
    });
    probes.set(id, probe);
    // An answer that did not come is asked for again by the next upload.
    probe.catch(() => probes.delete(id));
  }
  return probe;
}
