import { z } from "zod";
import { metaOf, optionsSchema, type KnownOption } from "./schema.ts";
import { PRESETS, providerOf, regionOf, type Provider } from "./presets.ts";

/** What may stand in a storage block. */
export type Options = z.input<typeof optionsSchema>;

type Parsed = z.output<typeof optionsSchema>;

/** A storage block with nothing left open. */
export interface ResolvedOptions extends Omit<Parsed, "variants"> {
  provider: Provider;
  forcePathStyle: boolean;
  checksums: "when_supported" | "when_required";
  conditionalWrites: boolean | "probe";
  staticFileURLPrefix: string;
  variants: Exclude<Parsed["variants"], false> | undefined;
}

/** One mistake in a storage block. */
export interface Mistake {
  readonly key: string;
  readonly given: string;
  readonly expected: string;
}

/** All mistakes of a storage block at once. */
export class OptionsError extends Error {
  override name = "OptionsError";
  readonly mistakes: readonly Mistake[];

  constructor(mistakes: readonly Mistake[]) {
    const lines = mistakes.map(({ key, given, expected }) => `  - ${key}: ${given}; expected ${expected}`);
    super(`The storage configuration has ${count(mistakes)}. Ghost did not start:\n${lines.join("\n")}`);
    this.mistakes = mistakes;
  }
}

const count = ({ length }: readonly Mistake[]): string => (length === 1 ? "1 mistake" : `${length} mistakes`);

/**
 * Checks a storage block and fills in what it leaves open.
 * @param defaultPrefix path of the feature, as in `content/images`
 * @throws {OptionsError} with every mistake
 */
export function resolveOptions(input: unknown, defaultPrefix: string): ResolvedOptions {
  const given = plainObject(input);
  const result = optionsSchema.safeParse(given);
  const mistakes = [
    ...(result.success ? [] : result.error.issues.flatMap((issue) => describeIssue(issue, given))),
    ...contradictions(given),
  ];
  if (!result.success || mistakes.length > 0) throw new OptionsError(mistakes);

  const { variants, ...options } = result.data;
  const provider = options.provider ?? providerOf(options.endpoint);
  const preset = PRESETS[provider];
  const region = options.region ?? regionOf(provider, options.endpoint);
  return {
    ...options,
    provider,
    region,
    siteUrl: options.siteUrl ?? siteUrlOfEnvironment(),
    forcePathStyle: options.forcePathStyle ?? preset.forcePathStyle,
    checksums: options.checksums ?? preset.checksums,
    conditionalWrites: options.conditionalWrites ?? preset.conditionalWrites,
    staticFileURLPrefix: options.staticFileURLPrefix ?? defaultPrefix,
    variants: variants || undefined,
  };
}

/** Ghost takes its own URL from this variable, as the official image documents. */
function siteUrlOfEnvironment(): string | undefined {
  const { url } = process.env;
  return url && /^https?:\/\//.test(url) && URL.canParse(url) ? url.replace(/\/+$/, "") : undefined;
}

/** Empty values are what an unset variable of a template leaves: they count as not given. */
function plainObject(input: unknown): Record<string, unknown> {
  if (typeof input !== "object" || input === null || Array.isArray(input)) return {};
  // `s3Client` is where tests put a client of their own; it is never configuration.
  return Object.fromEntries(
    Object.entries(input)
      .filter(([key, value]) => value !== undefined && value !== null && value !== "" && key !== "s3Client")
      .map(([key, value]) => [key, TEXTS.has(key) && Number.isSafeInteger(value) ? String(value) : value]),
  );
}

/** Ghost reads a variable that is all digits as a number; these are names that happen to be digits. */
const TEXTS = new Set(["bucket", "region", "tenantPrefix", "accessKeyId", "secretAccessKey", "sessionToken"]);

function describeIssue(issue: z.core.$ZodIssue, given: Record<string, unknown>): Mistake[] {
  if (issue.code === "unrecognized_keys") {
    return issue.path.length > 0
      ? [mistake(String(issue.path[0]), given)]
      : issue.keys.map((key) => ({ key, given: "no such option", expected: suggestion(key) }));
  }
  return [mistake(String(issue.path[0] ?? ""), given)];
}

function mistake(key: string, given: Record<string, unknown>): Mistake {
  const { expects, secret } = metaOf(key as KnownOption);
  const value = given[key];
  if (value === undefined) return { key, given: "missing", expected: expects };
  return { key, given: `given ${secret ? "a value that is not shown" : JSON.stringify(value)}`, expected: expects };
}

/** What single keys cannot know: credentials come in pairs, a KMS key needs KMS, a redirect needs a target. */
function contradictions(given: Record<string, unknown>): Mistake[] {
  const mistakes: Mistake[] = [];
  const need = (key: KnownOption, because: string): void => {
    mistakes.push({ key, given: `missing, but ${because}`, expected: metaOf(key).expects });
  };
  const has = (key: KnownOption): boolean => given[key] !== undefined;
  // A partial pair would silently fall back to whatever the AWS chain finds.
  if ((has("secretAccessKey") || has("sessionToken")) && !has("accessKeyId")) {
    need("accessKeyId", `${has("secretAccessKey") ? "secretAccessKey" : "sessionToken"} is given`);
  }
  if ((has("accessKeyId") || has("sessionToken")) && !has("secretAccessKey")) {
    need("secretAccessKey", `${has("accessKeyId") ? "accessKeyId" : "sessionToken"} is given`);
  }
  if (has("sseKmsKeyId") && !String(given["serverSideEncryption"] ?? "").startsWith("aws:kms")) {
    need("serverSideEncryption", "sseKmsKeyId is given");
  }
  if (given["serve"] === "redirect" && !has("cdnUrl")) need("cdnUrl", 'serve is "redirect"');
  if (typeof given["endpoint"] === "string" && !has("region") && URL.canParse(given["endpoint"])) {
    if (providerOf(given["endpoint"]) === "b2" && !regionOf("b2", given["endpoint"]))
      need("region", "its host names none");
  }
  if (given["provider"] && given["provider"] !== "aws" && !has("endpoint")) {
    need("endpoint", `provider is ${JSON.stringify(given["provider"])}`);
  }
  return mistakes;
}

function suggestion(key: string): string {
  const known = Object.keys(optionsSchema.shape);
  const lower = key.toLowerCase();
  const near =
    known.find((name) => name.toLowerCase() === lower) ?? known.find((name) => sharesMost(name.toLowerCase(), lower));
  return near ? `"${near}"` : "one of the options in the README of @stateless-ghost/storage-s3";
}

/** Good enough for typing errors: the same first letter and almost the same letters. */
function sharesMost(a: string, b: string): boolean {
  const common = [...new Set(a)].filter((letter) => b.includes(letter)).length;
  return a[0] === b[0] && common >= Math.max(new Set(a).size, new Set(b).size) - 1;
}
