import type { Model } from "../ghost/modules.ts";
import type { Surroundings } from "../surroundings.ts";
import { digestOf, type Facet } from "./facet.ts";
import { replay } from "./replay.ts";
import { isThemeMounted, mountTheme } from "./theme.ts";

/** What Ghost's models are told by whoever is no user. */
const INTERNAL = { context: { internal: true } };

/**
 * Settings: title, locale, timezone, privacy, code injection, labs, keys of Stripe and Mailgun and all others. Not by
 * `settingsService.init()`, which empties the cache and reopens Ghost's connections while requests are served.
 */
export function settingsFacet({ ghost, log }: Pick<Surroundings, "ghost" | "log">): Facet {
  /** Keys whose listeners have not all been told. */
  const untold = new Set<string>();

  return {
    name: "settings",
    sql: `SELECT ${digestOf("`key`, IFNULL(value, CHAR(0))")} AS digest, NULL AS changed_at FROM settings`,
    async reload() {
      const { models } = await ghost.use("models").Settings.findAll(INTERNAL);
      for (const model of models) if (isNews(model)) untold.add(keyOf(model));
      const changed = models.filter((model) => untold.has(keyOf(model)));
      // first all values, so that a listener to one never sees another's old value
      for (const model of changed) replay(ghost, "settings.edited", model, INTERNAL);
      for (const model of changed) replay(ghost, `settings.${keyOf(model)}.edited`, model, INTERNAL);
      if (!isThemeMounted(ghost)) await mountTheme(ghost);
      if (changed.length === 0) return;
      replay(ghost, "site.changed");
      untold.clear();
      log.info(`Took over settings of another replica: ${changed.map(keyOf).join(", ")}`);
    },
  };

  function isNews(model: Model): boolean {
    const key = keyOf(model);
    // a value of the configuration stands before that of the database
    if (key in overrides()) return false;
    const cached = ghost.use("settingsCache").get(key, { resolve: false }) as { value: unknown } | undefined;
    return !cached || String(cached.value) !== String(model.get("value"));
  }

  function overrides(): object {
    return (ghost.config.get("hostSettings:settingsOverrides") as object | undefined) ?? {};
  }
}

function keyOf(model: Model): string {
  return String(model.get("key"));
}
