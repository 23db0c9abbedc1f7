import { unbroken } from "./chain.ts";
import type { StoredSegment } from "./names.ts";

/** A place in the server's log, as a manifest notes it. */
export interface LogPosition {
  readonly file: string;
  readonly offset: number;
}

/** Pieces of the log without a gap: the first one holds the place and the event before it. */
export type Route = readonly [StoredSegment, ...StoredSegment[]];

/**
 * The way from a place as far as the archive goes on without a gap. More than one chain can hold a place, as after a
 * gap everything that the server has is archived anew: the one that goes farthest counts.
 * @param segments of one server
 * @param time of the place, in ms: a file of the same name that was begun later is another one
 * @returns undefined when no chain holds the place
 */
export function routeFrom(segments: readonly StoredSegment[], from: LogPosition, time: number): Route | undefined {
  const chains = Map.groupBy(segments, ({ chain }) => chain);
  const routes = [...chains.values()].flatMap((chain) => {
    const route = routeIn(chain, from, time);
    return route ? [route] : [];
  });
  return routes.toSorted((a, b) => reachOf(a) - reachOf(b)).at(-1);
}

const lastOf = (route: Route): StoredSegment => route.at(-1) ?? route[0];

/** The moment up to which everything is there, in ms. */
export const reachOf = (route: Route): number => lastOf(route).reach;

/** Where the archive ends. */
export const endOf = (route: Route): LogPosition => ({ file: lastOf(route).file.name, offset: lastOf(route).end });

/** Only what a moment needs: the first piece that reaches it is the last. */
export function upTo(route: Route, time: number): Route {
  const last = route.findIndex(({ reach }) => reach >= time);
  const [first, ...others] = route;
  return last === -1 ? route : [first, ...others.slice(0, last)];
}

function routeIn(chain: readonly StoredSegment[], from: LogPosition, time: number): Route | undefined {
  const first = chain.find(
    ({ file, start, end }) =>
      file.name === from.file && file.birth * 1000 <= time && start < from.offset && end >= from.offset,
  );
  if (!first) return undefined;
  const [, ...others] = unbroken(chain, first);
  return [first, ...others];
}
