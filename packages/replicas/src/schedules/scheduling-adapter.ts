import type { Ghost } from "../ghost/ghost.ts";
import type { ScheduledRequest } from "./schedule-queue.ts";

/** A service of Ghost's that hands its schedules over again when it is asked to. */
export interface Rescheduler {
  rescheduleAll(options: object): Promise<unknown>;
}

/** The contract of `@tryghost/adapter-base-scheduling`. */
interface SchedulingBase extends Rescheduler {
  register(rescheduler: Rescheduler): void;
}

export interface AdapterParts {
  /** Given the adapter, as soon as Ghost makes one. */
  readonly made: (adapter: Rescheduler) => void;
  readonly schedule: (request: ScheduledRequest) => void;
  readonly unschedule: (request: ScheduledRequest) => void;
}

/** Ghost's way to tell what is to be done when; when it is done, and by whom, is not decided here. */
export function schedulingAdapter(ghost: Ghost, parts: AdapterParts) {
  const { SchedulingBase: Base } = ghost.require("@tryghost/adapter-base-scheduling") as {
    SchedulingBase: new () => SchedulingBase;
  };
  return class LeadersScheduling extends Base {
    /** The leader asks for everything in short intervals. */
    readonly rescheduleOnBoot = false;

    constructor() {
      super();
      parts.made(this);
    }

    /** Ghost calls this before it can serve a request: nothing begins here. */
    run(): void {}

    schedule(request: ScheduledRequest): void {
      parts.schedule(request);
    }

    /** @param options with `bootstrap` the same request is handed over again at once */
    unschedule(request: ScheduledRequest, options?: { bootstrap?: boolean }): void {
      if (!options?.bootstrap) parts.unschedule(request);
    }
  };
}
