import type { Ghost } from "./ghost.ts";

/** A class that Ghost makes one object of. */
export type AdapterClass = new (config: never) => object;

/** Kinds of adapters as Ghost's configuration names them, below `adapters`. */
export type AdapterKind = "jobs" | "redirects" | "route-settings" | "scheduling";

type Loader = (path: string) => unknown;

// by the adapter manager, so that a Ghost has one loader around its own however many adapters are registered
const registries = new WeakMap<object, Map<string, AdapterClass>>();

/**
 * Makes a class of this package the active adapter of a kind, as if a package of that name were installed in Ghost.
 * The options go over what the blog's configuration says of that kind. To be called before Ghost's boot.
 */
export function registerAdapter(
  ghost: Ghost,
  kind: AdapterKind,
  name: string,
  adapter: AdapterClass,
  options: object,
): void {
  registryOf(ghost).set(name, adapter);
  const { config } = ghost;
  config.set(`adapters:${kind}`, { active: name, [name]: options });
}

/** Ghost asks its loader for a bare name first, as it would for a package in node_modules. */
function registryOf(ghost: Ghost): Map<string, AdapterClass> {
  const manager: { loadAdapterFromPath: Loader } = ghost.use("adapterManager").default;
  const known = registries.get(manager);
  if (known) return known;
  const registry = new Map<string, AdapterClass>();
  const original = manager.loadAdapterFromPath;
  manager.loadAdapterFromPath = (path) => registry.get(path) ?? original(path);
  registries.set(manager, registry);
  return registry;
}
