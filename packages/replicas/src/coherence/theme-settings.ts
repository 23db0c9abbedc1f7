import { giveUp, takeTurn } from "../database/turn.ts";
import { wrap } from "../ghost/wrap.ts";
import type { Surroundings } from "../surroundings.ts";
import { digestOf, type Facet } from "./facet.ts";

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
      // Rows that the mounted theme does not know belong to another version of it, which another replica has: they are
      // left alone. Ghost's own way would delete them, and that replica would make them again, for ever.
      for (const { key, value } of rows) {
        const known = api._activeThemeSettings[key];
        if (known) known.value = value;
      }
      api._valueCache.populate(api._computeCachedSettings(api.listSettings()));
    },
  };
}

/** Lets one replica at a time bring the rows of a theme in line with the theme. To be called before Ghost's boot. */
export function serialiseThemeSync({ ghost, leases, log }: Pick<Surroundings, "ghost" | "leases" | "log">): void {
  const failed = (error: unknown) => log.error("The lease of the theme's settings could not be renewed", error);
  const turn = { durationMs: SYNC_MS, waitMs: SYNC_MS * 2, everyMs: RETRY_MS, failed };
  wrap(ghost.use("themeSettingsService").prototype, "_syncRepositoryWithTheme", async (sync, _service, name, theme) => {
    const lease = await takeTurn(leases, "theme-settings", turn);
    if (!lease) throw new Error("Another replica is at the settings of the theme and does not come to an end");
    try {
      return await sync(name, theme);
    } finally {
      await giveUp(lease, failed);
    }
  });
}
