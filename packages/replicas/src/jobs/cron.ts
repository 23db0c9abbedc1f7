import type { Ghost } from "../ghost/ghost.ts";

/** Fields of an expression without seconds. */
const FIELDS = 5;

/** Day of the month, month and day of the week: what stands after the time of the day. */
const DATE_FIELDS = 3;

const SECOND = 1000;

interface Later {
  parse: { cron(expression: string, hasSeconds: boolean): object };
  schedule(parsed: object): { next(count: 1, from: Date): Date | number | undefined };
  date: { isUTC: boolean; UTC(): void; localTime(): void };
}

/**
 * When an expression comes round next, after a moment; undefined when it never does. By the library that Ghost uses,
 * but always in UTC: a replica with another time zone must not come to another time.
 */
export function nextTime(ghost: Ghost, cron: string, after: Date): Date | undefined {
  const later = ghost.require("@breejs/later") as Later;
  const parsed = later.parse.cron(cron, fieldsOf(cron).length > FIELDS);
  const from = new Date(Math.floor(after.getTime() / SECOND) * SECOND + SECOND);
  const { isUTC } = later.date;
  try {
    later.date.UTC();
    const next = later.schedule(parsed).next(1, from);
    return next instanceof Date ? next : undefined;
  } finally {
    // Ghost's older jobs use the same library, in local time
    if (!isUTC) later.date.localTime();
  }
}

/**
 * Whether two expressions come equally often. Ghost picks the time of the day of its nightly jobs anew at each boot;
 * that alone is no other schedule.
 */
export function samePeriod(one: string, other: string): boolean {
  return periodOf(one) === periodOf(other);
}

function periodOf(cron: string): string {
  const fields = fieldsOf(cron);
  return fields.map((field, at) => (at < fields.length - DATE_FIELDS && /^\d+$/.test(field) ? "n" : field)).join(" ");
}

function fieldsOf(cron: string): string[] {
  return cron.trim().split(/\s+/);
}
