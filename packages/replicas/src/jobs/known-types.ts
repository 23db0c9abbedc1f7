import type { Ghost } from "../ghost/ghost.ts";

type Handle = (this: unknown, jobClass: { type?: unknown }, ...rest: unknown[]) => unknown;

/**
 * The types of jobs that the Ghost in this process has a handler for. During an upgrade another replica may note jobs
 * that only its version knows, and Ghost drops what it does not know: they must not be taken here.
 */
export function watchKnownTypes(ghost: Ghost): ReadonlySet<string> {
  const known = new Set<string>();
  const prototype = ghost.use("jobsService").JobsService.prototype as unknown as { handle: Handle };
  const original = prototype.handle;
  prototype.handle = function handle(jobClass, ...rest) {
    const result = original.call(this, jobClass, ...rest);
    if (typeof jobClass.type === "string") known.add(jobClass.type);
    return result;
  };
  return known;
}
