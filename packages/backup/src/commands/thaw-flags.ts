import { InvalidArgumentError, Option } from "commander";
import { THAW_TIERS, type ThawTier } from "../store/archive.ts";
import type { ThawRequest } from "../store/thaw.ts";
import { formatSeconds } from "./amounts.ts";
import type { Io } from "./io.ts";
import { LiveLine } from "./live-line.ts";
import type { Session } from "./session.ts";

/** Long enough for a restore that has to be made twice, and paid for a week only. */
const DAYS = 7;

/** A wait takes hours: logs need to know that it goes on, and not more. */
const PIPE_MS = 10 * 60_000;

export interface ThawFlags {
  readonly tier: ThawTier;
  readonly thawDays: number;
  readonly thawWait: boolean;
}

export const THAW_TEXT = `
A dump in GLACIER or DEEP_ARCHIVE is asked for and waited for: 3 to 5 hours, 12 from DEEP_ARCHIVE; with --tier Bulk up to
12 and 48, with --tier Expedited minutes (not from DEEP_ARCHIVE). Run again, the command goes on waiting.
`;

/** Flags of every command that reads a dump which may be archived. */
export const TIER = new Option("--tier <tier>", "of an archived dump: how fast it comes back")
  .choices(THAW_TIERS)
  .default(THAW_TIERS[0]);
export const THAW_DAYS = new Option("--thaw-days <days>", "of an archived dump: days for which it can be read then")
  .argParser(days)
  .default(DAYS);
export const NO_THAW_WAIT = new Option("--no-thaw-wait", "of an archived dump: ask for it, and end with exit code 75");

function days(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError("It is a whole number of days.");
  return number;
}

/** What the flags mean to those who read dumps. */
export function thawing(flags: ThawFlags, session: Session, io: Io): Required<Pick<ThawRequest, "wishes" | "onWait">> {
  const { tier, thawDays, thawWait: wait } = flags;
  const onWait = (what: string): LiveLine => {
    const start = performance.now();
    const text = (): string => `${what}: ${formatSeconds((performance.now() - start) / 1000)}`;
    return session.show(new LiveLine(io.stderr, { text, line: (line) => session.log.info(line), pipeMs: PIPE_MS }));
  };
  return { wishes: { tier, days: thawDays, wait }, onWait };
}
