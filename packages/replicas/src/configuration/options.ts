import { EXIT, Failure } from "../failure.ts";
import { missing, text, type Mistake } from "./mistake.ts";
import { metaOf, optionsSchema, type OptionName, type Options } from "./schema.ts";

/** Ghost reads a variable that is all digits as a number; these are names that happen to be digits. */
const TEXTS: ReadonlySet<string> = new Set<OptionName>([
  "bucket",
  "prefix",
  "region",
  "accessKeyId",
  "secretAccessKey",
  "sessionToken",
]);

/**
 * Checks the block `replicas` of Ghost's configuration and fills in what it leaves open.
 * @throws {Failure} with every mistake at once, exit code 64
 */
export function readOptions(input: unknown): Options {
  const { options, mistakes } = checkOptions(input);
  if (options) return options;
  throw new Failure(`The block "replicas" of Ghost's configuration has ${text(mistakes)}`, {
    effect: "Ghost was not started, and nothing was changed.",
    next: "Mend them in config.production.json or in the variables replicas__…, then start again.",
    exitCode: EXIT.usage,
  });
}

/** The options, unless there are mistakes. */
export interface Checked {
  readonly options: Options | undefined;
  readonly mistakes: readonly Mistake[];
}

export function checkOptions(input: unknown): Checked {
  const given = plainObject(input);
  const result = optionsSchema.safeParse(given);
  const mistakes = result.success ? [] : result.error.issues.flatMap((issue) => describe(issue, given));
  if (input !== undefined && input !== null && (typeof input !== "object" || Array.isArray(input))) {
    mistakes.push({ key: "replicas", given: `given ${JSON.stringify(input)}`, expected: "a block of options" });
  }
  mistakes.push(...contradictions(given));
  return { options: result.success && mistakes.length === 0 ? result.data : undefined, mistakes };
}

/** Empty values are what an unset variable of a template leaves: they count as not given. */
function plainObject(input: unknown): Record<string, unknown> {
  if (typeof input !== "object" || input === null || Array.isArray(input)) return {};
  return Object.fromEntries(
    Object.entries(input)
      .filter(([, value]) => value !== undefined && value !== null && value !== "")
      .map(([key, value]) => [key, TEXTS.has(key) && Number.isSafeInteger(value) ? String(value) : value]),
  );
}

type Issue = NonNullable<ReturnType<typeof optionsSchema.safeParse>["error"]>["issues"][number];

function describe(issue: Issue, given: Record<string, unknown>): Mistake[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({ key, given: "no such option", expected: suggestion(key) }));
  }
  const key = String(issue.path[0] ?? "");
  const meta = metaOf(key);
  const value = meta?.secret ? "a value that is not shown" : JSON.stringify(given[key]);
  return [{ key, given: `given ${value}`, expected: meta?.expects ?? issue.message }];
}

/** What single keys cannot know: a partial pair of keys would fall back to whatever the AWS chain finds. */
function contradictions(given: Record<string, unknown>): Mistake[] {
  const has = (key: OptionName): boolean => given[key] !== undefined;
  const mistakes: Mistake[] = [];
  if (has("accessKeyId") && !has("secretAccessKey")) mistakes.push(needed("secretAccessKey", "accessKeyId is given"));
  if (has("secretAccessKey") && !has("accessKeyId")) mistakes.push(needed("accessKeyId", "secretAccessKey is given"));
  if (has("sessionToken") && !has("accessKeyId")) mistakes.push(needed("accessKeyId", "sessionToken is given"));
  if (!has("bucket")) {
    if (has("endpoint")) mistakes.push(needed("bucket", "endpoint is given"));
    else if (given["stateless"] === true) mistakes.push(needed("bucket"));
  }
  return mistakes;
}

function needed(key: OptionName, because?: string): Mistake {
  return missing(key, metaOf(key)?.expects ?? "", because);
}

function suggestion(key: string): string {
  const known = Object.keys(optionsSchema.shape);
  const near = known.find((option) => option.toLowerCase() === key.toLowerCase());
  return near ? `"${near}"` : `one of ${known.join(", ")}`;
}
