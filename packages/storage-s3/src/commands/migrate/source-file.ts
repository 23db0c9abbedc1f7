import type { OpenSource } from "../../upload/source.ts";
import type { Feature } from "../settings/storage-block.ts";

/** A file that is to be copied. */
export interface SourceFile {
  readonly feature: Feature;
  /** Relative path, as in `2026/11/a.jpg`. */
  readonly path: string;
  readonly size: number;
  /** Of an object in another bucket. */
  readonly etag?: string | undefined;
  /** Its bytes, readable until they are closed. */
  readonly open: () => Promise<OpenSource>;
}

/** A file that was found and cannot be copied. */
export interface Unreadable {
  readonly feature: Feature;
  readonly path: string;
  readonly error: string;
}

/** Where files come from. */
export interface SourceTree {
  /** For the reader of the report. */
  readonly name: string;
  /** All files of a feature. What cannot be read comes as such; the others go on. */
  list(feature: Feature): AsyncIterable<SourceFile | Unreadable>;
  /** Removes what was stored meanwhile on this machine. */
  close(): Promise<void>;
}

export const isUnreadable = (file: SourceFile | Unreadable): file is Unreadable => "error" in file;
