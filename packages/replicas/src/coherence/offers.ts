import type { OfferParts } from "../ghost/modules.ts";
import { wrap } from "../ghost/wrap.ts";
import type { Surroundings } from "../surroundings.ts";
import { digestOf, type Facet } from "./facet.ts";

/** The addresses of offers, such as /black-friday: Ghost keeps them as redirects in memory. */
export function offersFacet({ ghost }: Pick<Surroundings, "ghost">): Facet {
  let wired: OfferParts | undefined;
  // what the module is made of is private to it
  wrap(ghost.use("offersModule"), "create", (create, _module, parts) => {
    wired = parts;
    return create(parts);
  });
  return {
    name: "offers",
    sql: `SELECT ${digestOf("id, code, active")} AS digest, NULL AS changed_at FROM offers`,
    async reload() {
      if (!wired) return;
      const { redirectManager, repository } = wired;
      const offers = await repository.getAll();
      redirectManager.removeAllRedirects();
      for (const { id, code } of offers) {
        redirectManager.addRedirect(`/${code.value}`, `/#/portal/offers/${id}`, { permanent: false });
      }
    },
  };
}
