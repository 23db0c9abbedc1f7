/** At the end of a title while a check changes it; by it a later check knows the title of one that was killed. */
const MARKER = /(?: \[check [0-9a-f]{8}\])+$/;

/** @param id of the check */
export function marked(title: string, id: string): string {
  return `${unmarked(title)} [check ${id}]`;
}

/** The title as it was before any check. */
export function unmarked(title: string): string {
  return title.replace(MARKER, "");
}
