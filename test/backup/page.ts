import { readFile } from "node:fs/promises";
import { join } from "node:path";

const DOCS = join(import.meta.dirname, "../../docs");

/** Commands as a page shows them. */
export interface Shown {
  readonly heading: string;
  readonly script: string;
}

/** The blocks of a page that somebody copies into a shell, in their order. */
export async function shownOn(page: string): Promise<Shown[]> {
  const text = await readFile(join(DOCS, page), "utf8");
  const parts = text.matchAll(/^#+ (?<heading>.+)$|^```sh\n(?<script>[^]*?)^```$/gm);
  let heading = "";
  const shown: Shown[] = [];
  for (const { groups } of parts) {
    if (groups?.["script"]) shown.push({ heading, script: groups["script"] });
    else heading = groups?.["heading"] ?? "";
  }
  return shown;
}

/** The pages' examples become a backup that exists, and a time after it. */
export const naming = (script: string, backup: string): string =>
  script.replaceAll(/blog\/ghost\/\d{8}T\d{6}Z/g, backup).replaceAll(/--at \S+/g, `--at ${new Date().toISOString()}`);
