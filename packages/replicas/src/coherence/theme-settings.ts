import type { Surroundings } from "../surroundings.ts";
import { digestOf, type Facet } from "./facet.ts";
import { mountTheme } from "./theme.ts";

/** One sync at a time: two that began together would both add the same rows. */
const SYNC_MS = 10_000;

const RETRY_MS = 50;

/** The design settings of the active theme. */
export function themeSettingsFacet({ ghost }: Pick<Surroundings, "ghost">): Facet {
  return {
    name: "theme-settings",
    sql: `SELECT ${digestOf("theme, `key`, IFNULL(value, CHAR(0))")} AS digest, NULL AS changed_at
          FROM custom_theme_settings`,
    async reload() {
      const { api } = ghost.use("themeSettings");
      const rows = (await api._repository.browse({ filter: `theme:'${api.activeThemeName}'` })).toJSON();
      const known = api._activeThemeSettings;
      const same = rows.length === Object.keys(known).length && rows.every(({ key }) => key in known);
      // another replica has another version of the theme, or had it a moment ago
      if (!same) return mountTheme(ghost);
      for (const { key, value } of rows) known[key]!.value = value;
      api._valueCache.populate(api._computeCachedSettings(api.listSettings()));
    },
  };
}

/** Lets one replica at a time bring the rows of a theme in line with the theme. To be called before Ghost's boot. */
export function serialiseThemeSync({ ghost, leases }: Pick<Surroundings, "ghost" | "leases">): void {
  const { prototype } = ghost.use("themeSettingsService");
  const sync = prototype._syncRepositoryWithTheme;
  prototype._syncRepositoryWithTheme = async function (name, theme) {
    const lease = await leases.wait("theme-settings", SYNC_MS, { withinMs: SYNC_MS * 2, everyMs: RETRY_MS });
    try {
      return await sync.call(this, name, theme);
    } finally {
      await lease.release();
    }
  };
}
