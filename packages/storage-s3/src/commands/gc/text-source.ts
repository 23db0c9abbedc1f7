import type { References } from "./references.ts";

/** A place where uploads may be named: a database, an export, a folder with a theme. */
export interface TextSource {
  /** For the reader of the report. */
  readonly name: string;
  /** Whether it holds all posts: without a single mention of an upload it is the wrong one. */
  readonly isBlog: boolean;
  /** Looks through all of it. @throws when any part of it cannot be read: nothing may be deleted then */
  scan(references: References, seen: (texts: number) => void): Promise<void>;
}
