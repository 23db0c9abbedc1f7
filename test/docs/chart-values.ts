import { isMap, isScalar, parseDocument, type Node, type Pair } from "yaml";

/** One value of the chart, as the comment above it describes it. */
export interface ChartValue {
  /** As `helm --set` names it: `ghost.resources`. */
  readonly path: readonly string[];
  readonly description: string;
  readonly default: unknown;
  /** What the schema says beside the type. */
  readonly constraints: object;
}

/**
 * Reads the values of a chart: a value is what has a comment that begins with "--"; whatever is below it is its default.
 * @throws {Error} for a value without such a comment
 */
export function readChartValues(text: string): ChartValue[] {
  const document = parseDocument(text);
  const [error] = document.errors;
  if (error) throw error;
  if (!isMap(document.contents)) throw new Error("The values are no map.");
  return valuesOf(document.contents, []);
}

function valuesOf(map: Node, path: readonly string[]): ChartValue[] {
  if (!isMap(map)) throw new Error(`${path.join(".")} has no comment that begins with "--".`);
  return map.items.flatMap((pair, index) => {
    // a comment above the first value of a map belongs to the map
    const comment = (index === 0 && map.commentBefore) || commentOf(pair);
    const here = [...path, keyOf(pair)];
    const described = describe(comment ?? "");
    if (!described) return valuesOf(pair.value as Node, here);
    return [{ path: here, default: (pair.value as Node).toJSON(), ...described }];
  });
}

function keyOf({ key }: Pair): string {
  return String(isScalar(key) ? key.value : key);
}

function commentOf({ key }: Pair): string | undefined {
  return (isScalar(key) && key.commentBefore) || undefined;
}

function describe(comment: string): { description: string; constraints: object } | undefined {
  const lines = comment.split("\n").map((line) => line.trim());
  const first = lines.findIndex((line) => line.startsWith("-- "));
  if (first === -1) return undefined;
  const schema = lines.find((line) => line.startsWith("@schema "));
  const description = lines.slice(first).filter((line) => !line.startsWith("@schema "));
  return {
    description: description.join(" ").slice("-- ".length).trim(),
    constraints: schema ? (JSON.parse(schema.slice("@schema ".length)) as object) : {},
  };
}
