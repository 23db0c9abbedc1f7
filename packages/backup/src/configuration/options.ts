import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { z } from "zod";
import { EXIT, Failure } from "../failure.ts";
import { readEnvironment, variableOf, type Block, type Env } from "./environment.ts";
import { contentMistakes } from "./content.ts";
import type { Mistake } from "./mistake.ts";
import { metaOf, optionNames, optionsSchema, type OptionName, type Options } from "./schema.ts";

export interface Surroundings {
  readonly env: Env;
  readonly cwd: string;
}

/**
 * Reads the configuration: the file that `--config` or `BACKUP_CONFIG` names, and variables, which win.
 * @throws {Failure} with every mistake at once, exit code 64
 */
export function readOptions(file: string | undefined, { env, cwd }: Surroundings): Options {
  const mistakes: Mistake[] = [];
  const path = file ?? env["BACKUP_CONFIG"];
  const fromFile = path ? readFile(resolve(cwd, path), mistakes) : {};
  const fromEnv = readEnvironment(env, mistakes);
  if (fromFile["servers"] && fromEnv["servers"]) {
    mistakes.push({ key: "MYSQL_…", given: "given, but the file has servers too", expected: "one of the two" });
  }
  const given: Block = { ...fromFile, ...fromEnv };
  const result = optionsSchema.safeParse(given);
  if (!result.success) mistakes.push(...result.error.issues.flatMap((issue) => describe(issue, given, fromEnv)));
  mistakes.push(...contradictions(given, env));
  if (!result.success || mistakes.length > 0) throw refusal(mistakes);
  const options = withPasswords(result.data, mistakes, cwd);
  mistakes.push(...contentMistakes(options, fromEnv["content"] ? variableOf("content") : undefined));
  if (mistakes.length > 0) throw refusal(mistakes);
  return options;
}

function refusal(mistakes: readonly Mistake[]): Failure {
  const lines = mistakes.map(({ key, given, expected }) => `  - ${key}: ${given}; expected ${expected}`);
  const count = mistakes.length === 1 ? "1 mistake" : `${mistakes.length} mistakes`;
  return new Failure(`The configuration has ${count}:\n${lines.join("\n")}`, {
    effect: "Nothing was done.",
    next: "Mend them in the variables or in the configuration file; the README lists all options.",
    exitCode: EXIT.usage,
  });
}

function readFile(path: string, mistakes: Mistake[]): Block {
  const expected = "a file with a JSON object";
  try {
    const parsed: unknown = JSON.parse(readFileSync(path, "utf8"));
    if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)) return parsed as Block;
    mistakes.push({ key: path, given: "no JSON object", expected });
  } catch (error) {
    // the parser's message quotes the text around the mistake, which may be a password
    const reason = error instanceof SyntaxError ? "it is not JSON" : (error as Error).message;
    mistakes.push({ key: path, given: `cannot be read: ${reason}`, expected });
  }
  return {};
}

/** Says where the mistake stands: in a variable, or at a path of the file. */
function describe(issue: z.core.$ZodIssue, given: Block, fromEnv: Block): Mistake[] {
  const where = nameOf(issue.path, fromEnv);
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({
      key: where ? `${where}.${key}` : key,
      given: "no such option",
      expected: suggestion(key),
    }));
  }
  const last = [...issue.path].findLast((part) => typeof part === "string") as string | undefined;
  const meta = last === undefined ? undefined : metaOf(last);
  const value = issue.path.reduce<unknown>((block, part) => (block as Record<PropertyKey, unknown>)?.[part], given);
  const shown = meta?.secret ? "a value that is not shown" : JSON.stringify(value);
  return [
    {
      key: where,
      given: value === undefined ? "missing" : `given ${shown}`,
      expected: meta?.expects ?? issue.message,
    },
  ];
}

function nameOf(path: readonly PropertyKey[], fromEnv: Block): string {
  const [first, second, third] = path.map(String);
  if (first === undefined) return "";
  if (first === "servers" && fromEnv["servers"] && third) return `MYSQL_${snake(third)}`;
  if (first === "scratch" && fromEnv["scratch"] && second) return `BACKUP_SCRATCH_${snake(second)}`;
  if (path.length === 1 || first in fromEnv) return variableOf(first as OptionName) ?? first;
  return path
    .map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`))
    .join("")
    .slice(1);
}

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();

/** What single keys cannot know: a partial pair of keys would fall back to whatever the AWS chain finds. */
function contradictions(given: Block, env: Env): Mistake[] {
  const mistakes: Mistake[] = [];
  const pair = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] as const;
  for (const [missing, other] of [pair, pair.toReversed()] as [string, string][]) {
    if (!env[missing] && env[other]) {
      mistakes.push({ key: missing, given: `missing, but ${other} is given`, expected: "both of them, or neither" });
    }
  }
  const servers = Array.isArray(given["servers"]) ? (given["servers"] as Block[]) : [];
  const names = servers.map((server) => server?.["name"] ?? "mysql");
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    mistakes.push({ key: "servers", given: `two are named ${JSON.stringify(twice)}`, expected: "a name for each" });
  }
  return mistakes;
}

/** Passwords that lie in files, as Kubernetes mounts secrets. */
function withPasswords(options: Options, mistakes: Mistake[], cwd: string): Options {
  const read = <T extends { passwordFile?: string | undefined }>(block: T, key: string): T => {
    if (!block.passwordFile) return block;
    try {
      return { ...block, password: readFileSync(resolve(cwd, block.passwordFile), "utf8").replace(/\r?\n$/, "") };
    } catch (error) {
      const given = `${JSON.stringify(block.passwordFile)} cannot be read: ${(error as Error).message}`;
      mistakes.push({ key: `${key}.passwordFile`, given, expected: "a file that can be read" });
      return block;
    }
  };
  return {
    ...options,
    servers: options.servers.map((server, index) => read(server, `servers[${index}]`)),
    scratch: read(options.scratch, "scratch"),
  };
}

function suggestion(key: string): string {
  const near = optionNames.find((name) => name.toLowerCase() === key.toLowerCase());
  return near ? `"${near}"` : `one of ${optionNames.join(", ")}, or those of a server`;
}
