import { wrap } from "../ghost/wrap.ts";
import type { Surroundings } from "../surroundings.ts";
import type { Leadership } from "./leadership.ts";

/** Tables are sent to Tinybird, where that is configured, by the leader only; Ghost's loops run everywhere. */
export function leadTinybirdSync({ ghost, metrics }: Surroundings, leadership: Leadership): void {
  wrap(ghost.use("tinybirdSync"), "syncTableToTinybird", async (sync, _module, target, options) => {
    if (!(await leadership.confirm())) return 0;
    try {
      const sent = await sync(target, options);
      metrics.deeds.inc({ deed: "tinybird-sync", outcome: "ok" });
      return sent;
    } catch (error) {
      metrics.deeds.inc({ deed: "tinybird-sync", outcome: "failed" });
      // the loop that waits for it logs it
      throw error;
    }
  });
}
