import { Concern, Defect } from "./finding.ts";
import type { Step } from "./step.ts";

/** S3 refuses signatures that are 15 minutes old or early. */
const REFUSED_SECONDS = 900;
const SUSPICIOUS_SECONDS = 60;

/** Needs no request of its own: every answer tells the time. */
export const clockStep: Step = {
  name: "clock",
  operation: "",
  shows: "this machine and the store agree on the time",
  without: "the store refuses all requests as soon as the clocks are 15 minutes apart",
  needs: [],
  attempt: async ({ clockSkew }) => {
    if (clockSkew === undefined) throw new Concern("The store has not told its time.");
    const seconds = Math.round(Math.abs(clockSkew));
    const message = `The store's clock is ${seconds} s ${clockSkew > 0 ? "ahead of" : "behind"} this machine's.`;
    if (seconds >= REFUSED_SECONDS) throw new Defect(message, "Set this machine's clock, and keep it by NTP.");
    if (seconds >= SUSPICIOUS_SECONDS) throw new Concern(message);
    return `${seconds} s apart`;
  },
};
