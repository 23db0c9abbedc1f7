import { readFile } from "node:fs/promises";
import { join } from "node:path";

const README = join(import.meta.dirname, "../../docker/ghost/README.md");

/** The folders that the README says have to be writable, each in backticks. */
export async function documentedFolders(): Promise<string[]> {
  const use = /^## Use\n(.*?)^## /ms.exec(await readFile(README, "utf8"))?.[1] ?? "";
  const sentence = /writable[^:]*:([^.]*)\./s.exec(use)?.[1] ?? "";
  return [...sentence.matchAll(/`([^`]+)`/g)].map(([, folder]) => folder!);
}
