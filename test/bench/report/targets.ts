import type { SubjectName } from "../subject.ts";
import type { Medians } from "./medians.ts";

export type Verdict = "met" | "not met" | "not measured";

export interface Target {
  case: string;
  metric: string;
  /** The target as the report prints it. */
  says: string;
  /** Why it is not met, for the reader of the report; only printed when it is not. */
  why?: string;
  /** The figure that decides, or `undefined` where a subject it needs was not measured. */
  figure(medians: Medians): { text: string; met: boolean } | undefined;
}

const OURS: SubjectName = "stateless-ghost";
const GHOSTS: SubjectName = "Ghost S3Storage";

/** Metrics of which more is better; of all others less is. */
const MORE_IS_BETTER = new Set(["throughput", "objects", "urls"]);

/** How many times better `than` we are: above 1 is better for every metric. */
export function timesBetter(medians: Medians, of: { case: string; metric: string }, than: SubjectName) {
  const ours = medians.median(OURS, of.case, of.metric);
  const theirs = medians.median(than, of.case, of.metric);
  if (ours === undefined || theirs === undefined) return undefined;
  const [above, below] = MORE_IS_BETTER.has(of.metric) ? [ours, theirs] : [theirs, ours];
  return below > 0 ? above / below : undefined;
}

type Place = Pick<Target, "case" | "metric" | "why">;

function timesGhosts(place: Place, least: number, says: string): Target {
  return { ...place, says, figure: (medians) => judgeTimes(timesBetter(medians, place, GHOSTS), least) };
}

function fasterThanGhos3(place: Place): Target {
  return {
    ...place,
    says: "faster than ghos3",
    figure: (medians) => judgeTimes(timesBetter(medians, place, "ghos3"), 1),
  };
}

function judgeTimes(times: number | undefined, least: number) {
  return times === undefined ? undefined : { text: `${times.toFixed(2)}×`, met: times >= least };
}

function atMost(place: Place, most: number, unit: string): Target {
  return {
    ...place,
    says: `≤ ${most} ${unit}`,
    figure(medians) {
      const ours = medians.median(OURS, place.case, place.metric);
      return ours === undefined ? undefined : { text: `${Number(ours.toFixed(1))} ${unit}`, met: ours <= most };
    },
  };
}

function exactly(place: Place, wanted: number, unit: string): Target {
  return {
    ...place,
    says: `${wanted} ${unit} in every run`,
    figure(medians) {
      const spread = medians.spread(OURS, place.case, place.metric);
      if (spread === undefined) return undefined;
      const { min, max } = spread;
      return { text: min === max ? `${min}` : `${min}–${max}`, met: min === wanted && max === wanted };
    },
  };
}

/** What the adapter has to reach, measured in the same run as the others. An unmet one gets its `why` here. */
export const TARGETS: Target[] = [
  timesGhosts({ case: "video-200mb-20ms", metric: "time" }, 2, "≥ 2× faster than Ghost's own"),
  fasterThanGhos3({ case: "video-200mb-20ms", metric: "time" }),
  timesGhosts({ case: "video-200mb-80ms", metric: "time" }, 4, "≥ 4× faster than Ghost's own"),
  fasterThanGhos3({ case: "video-200mb-80ms", metric: "time" }),
  atMost({ case: "video-200mb-0ms", metric: "memory" }, 96, "MiB"),
  atMost({ case: "video-200mb-20ms", metric: "memory" }, 96, "MiB"),
  atMost({ case: "video-200mb-80ms", metric: "memory" }, 96, "MiB"),
  timesGhosts({ case: "at-once-60x9mb", metric: "time" }, 1, "no slower than Ghost's own"),
  atMost({ case: "at-once-60x9mb", metric: "memory" }, 128, "MiB"),
  timesGhosts({ case: "images-10mb-0ms", metric: "throughput" }, 1, "at least as fast as Ghost's own"),
  timesGhosts({ case: "images-10mb-20ms", metric: "throughput" }, 1, "at least as fast as Ghost's own"),
  exactly({ case: "equal-names-50", metric: "objects" }, 50, "objects"),
  exactly({ case: "equal-names-50", metric: "urls" }, 50, "URLs"),
  exactly({ case: "equal-names-50", metric: "lost" }, 0, "lost"),
  atMost({ case: "equal-name-200th", metric: "requests" }, 3, "requests"),
  exactly({ case: "size-cold", metric: "resizes" }, 1, "resize"),
  exactly({ case: "size-warm", metric: "requests" }, 0, "requests"),
];
