import { nextName, type LogFile } from "./names.ts";

/** How far a chain has come. */
export interface Place {
  readonly chain: string;
  readonly file: LogFile;
  readonly end: number;
  /** Whether the server said that it goes on in another file. */
  readonly last: boolean;
}

/** A file of the server's log, as SHOW BINARY LOGS tells of it. */
export interface ServerLog {
  readonly name: string;
  readonly size: number;
}

/** What to fetch next. */
export type Step =
  | { readonly kind: "nothing" }
  | {
      readonly kind: "fetch";
      readonly name: string;
      readonly from: number;
      /** When more of the same file was archived before: it must still be that file. */
      readonly birth: number | undefined;
    }
  /** What comes next in the log is not on the server any more. */
  | { readonly kind: "gap"; readonly why: string };

/**
 * @param place undefined when a chain begins
 * @param logs in the server's order
 */
export function nextStep(place: Place | undefined, logs: readonly ServerLog[]): Step {
  const [oldest] = logs;
  if (!oldest) return { kind: "nothing" };
  if (!place) return { kind: "fetch", name: oldest.name, from: 0, birth: undefined };
  const { name, birth } = place.file;
  const at = logs.findIndex((log) => log.name === name);
  const same = logs[at];
  const next = logs[at + 1];
  if (same && same.size > place.end) return { kind: "fetch", name, from: place.end, birth };
  if (same && same.size < place.end) {
    return { kind: "gap", why: `${name} has ${same.size} bytes, of which ${place.end} were archived` };
  }
  if (same) return next ? following(name, next) : { kind: "nothing" };
  // a whole file may be purged as soon as it is archived
  if (place.last && oldest.name === nextName(name)) return following(name, oldest);
  return { kind: "gap", why: `${name} is not there any more; the oldest file is ${oldest.name}` };
}

function following(name: string, next: ServerLog): Step {
  if (next.name === nextName(name)) return { kind: "fetch", name: next.name, from: 0, birth: undefined };
  return { kind: "gap", why: `behind ${name} comes ${next.name}` };
}
