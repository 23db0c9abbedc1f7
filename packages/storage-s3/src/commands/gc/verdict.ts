import { isGhostPath } from "./family.ts";
import type { KeepList } from "./keep.ts";
import type { StoredObject } from "./stored-object.ts";

/** Why an object stays. */
export type Reason = "named" | "young" | "kept" | "unknown";

export interface Verdict {
  readonly orphans: readonly StoredObject[];
  readonly stay: Readonly<Record<Reason, number>>;
}

export interface Rules {
  /** Families that some text names. */
  readonly named: ReadonlySet<string>;
  readonly keep: KeepList;
  /** What is newer stays, together with its family: somebody may be about to use it. */
  readonly olderThan: Date;
}

/** Decides which objects nobody names. In doubt an object stays. */
export function judge(objects: readonly StoredObject[], { named, keep, olderThan }: Rules): Verdict {
  const young = new Set<string>();
  const kept = new Set<string>();
  for (const { family, modified, key, path, sitePath } of objects) {
    if (!modified || modified >= olderThan) young.add(family);
    if (keep.has(key, path, sitePath)) kept.add(family);
  }
  const stay = { named: 0, young: 0, kept: 0, unknown: 0 };
  const reasonFor = ({ family, path }: StoredObject): Reason | undefined => {
    if (named.has(family)) return "named";
    if (kept.has(family)) return "kept";
    if (!isGhostPath(path)) return "unknown";
    return young.has(family) ? "young" : undefined;
  };
  const orphans = objects.filter((object) => {
    const reason = reasonFor(object);
    if (reason) stay[reason] += 1;
    return !reason;
  });
  return { orphans, stay };
}
