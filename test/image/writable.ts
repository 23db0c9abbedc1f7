import { readFile } from "node:fs/promises";
import { join } from "node:path";

const IMAGES = join(import.meta.dirname, "../../docker");

/** The folders that the README of an image says have to be writable, each in backticks. */
export async function documentedFolders(image: "ghost" | "backup"): Promise<string[]> {
  const use = /^## Use\n(.*?)^## /ms.exec(await readFile(join(IMAGES, image, "README.md"), "utf8"))?.[1] ?? "";
  const sentence = /writable[^:]*:([^.]*)\./s.exec(use)?.[1] ?? "";
  return [...sentence.matchAll(/`([^`]+)`/g)].map(([, folder]) => folder!);
}
