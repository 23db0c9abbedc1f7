/** Nested configuration, as JSON has it. */
export type Tree = { readonly [key: string]: unknown };

export const isTree = (value: unknown): value is Tree =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The value at a path; undefined when there is none. */
export function at(tree: Tree, path: readonly string[]): unknown {
  let value: unknown = tree;
  for (const key of path) {
    if (!isTree(value) || !Object.hasOwn(value, key)) return undefined;
    value = value[key];
  }
  return value;
}

/** Both trees in one; where both have a value, the first wins. */
export function merge(first: Tree, second: Tree): Tree {
  const merged: Record<string, unknown> = { ...second };
  for (const [key, value] of Object.entries(first)) {
    const below = merged[key];
    merged[key] = isTree(value) && isTree(below) ? merge(value, below) : value;
  }
  return merged;
}

/** A tree with one value more. */
export function plant(tree: Tree, [key, ...rest]: readonly string[], value: unknown): Tree {
  if (key === undefined || key === "__proto__") return tree;
  const below = Object.hasOwn(tree, key) ? tree[key] : undefined;
  return { ...tree, [key]: rest.length === 0 ? value : plant(isTree(below) ? below : {}, rest, value) };
}
