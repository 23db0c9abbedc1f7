import { wrap } from "../ghost/wrap.ts";
import { Queue } from "../queue.ts";
import type { Surroundings } from "../surroundings.ts";
import { digestOf, type Facet } from "./facet.ts";

/** Tiers with their prices and benefits, which Ghost keeps in memory as a whole. */
export function tiersFacet({ ghost }: Pick<Surroundings, "ghost">): Facet {
  const products = digestOf(
    `id, name, slug, active, type, visibility, IFNULL(description, CHAR(0)), IFNULL(welcome_page_url, CHAR(0)),
     IFNULL(monthly_price, CHAR(0)), IFNULL(yearly_price, CHAR(0)), IFNULL(currency, CHAR(0)), trial_days`,
  );
  return {
    name: "tiers",
    sql: `SELECT CONCAT_WS('|', (SELECT ${products} FROM products), (SELECT ${digestOf("id, name")} FROM benefits),
          (SELECT ${digestOf("product_id, benefit_id, sort_order")} FROM products_benefits)) AS digest,
          NULL AS changed_at`,
    reload: () => ghost.use("tiers").repository.init(),
  };
}

/** A tier that is saved while all are read anew would be taken for a new one. To be called before Ghost's boot. */
export function serialiseTiers({ ghost }: Pick<Surroundings, "ghost">): void {
  const { prototype } = ghost.use("tierRepository");
  const queue = new Queue();
  wrap(prototype, "init", (init) => queue.run(init));
  wrap(prototype, "save", (save, _repository, tier) => queue.run(() => save(tier)));
}
