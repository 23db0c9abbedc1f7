import type { Ghost } from "../ghost/ghost.ts";

/**
 * Mounts the active theme from the disk. Ghost's own function logs what goes wrong and says nothing, so that the
 * outcome is looked at here.
 */
export async function mountTheme(ghost: Ghost): Promise<void> {
  const name = String(ghost.use("settingsCache").get("active_theme"));
  const before = ghost.use("themeEngine").get();
  await ghost.use("themeActivate").loadAndActivate(name, { skipChecks: true });
  const mounted = ghost.use("themeEngine").get();
  if (mounted?.name !== name || mounted === before) {
    throw new Error(`The theme "${name}" could not be mounted; Ghost's log says why`);
  }
}

/** Whether the active theme is the mounted one. */
export function isThemeMounted(ghost: Ghost): boolean {
  const mounted = ghost.use("themeEngine").get();
  return mounted !== undefined && mounted !== null && mounted.name === ghost.use("settingsCache").get("active_theme");
}
