import { CONTENT_FOLDER } from "../content/names.ts";
import type { Mistake } from "./mistake.ts";
import type { ContentOptions, Options } from "./schema.ts";

/** Whether content belongs to a database. */
export const belongs = (content: ContentOptions, server: string, database: string): boolean =>
  (content.server ?? server) === server && (content.database ?? database) === database;

/**
 * What makes a mirror that is no backup: within itself, or where the lifecycle of dumps ends it after a year.
 * @param variable that the content was given by
 */
export function contentMistakes({ content, bucket, prefix, servers }: Options, variable?: string): Mistake[] {
  if (content.length === 0) return [];
  const mistakes: Mistake[] = [];
  if (prefix === "" || prefix === CONTENT_FOLDER || prefix.startsWith(`${CONTENT_FOLDER}/`)) {
    const expected = `another folder: "${CONTENT_FOLDER}" holds the content, which must not expire with the dumps`;
    mistakes.push({ key: "BACKUP_PREFIX", given: `given ${JSON.stringify(prefix)}, with content`, expected });
  }
  for (const [index, one] of content.entries()) {
    const where = variable ?? `content[${index}]`;
    if (one.bucket === bucket) {
      const given = `given ${JSON.stringify(bucket)}, which is the bucket of the backups`;
      mistakes.push({ key: variable ?? `${where}.bucket`, given, expected: "the bucket that the blog writes to" });
    }
    if (one.server !== undefined && !servers.some(({ name }) => name === one.server)) {
      const expected = `one of ${servers.map(({ name }) => JSON.stringify(name)).join(", ")}`;
      mistakes.push({ key: `${where}.server`, given: `given ${JSON.stringify(one.server)}`, expected });
    }
  }
  return mistakes;
}
