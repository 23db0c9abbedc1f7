import type { Surroundings } from "../surroundings.ts";
import { digestOf, type Facet } from "./facet.ts";

/** Keys of Ghost's internal integrations, with which a replica signs what it asks of itself and the others. */
export function keysFacet({ ghost }: Pick<Surroundings, "ghost">): Facet {
  return {
    name: "keys",
    sql: `SELECT ${digestOf("id, secret")} AS digest, NULL AS changed_at FROM api_keys`,
    async reload() {
      ghost.use("internalKeys").default.clear();
    },
  };
}
