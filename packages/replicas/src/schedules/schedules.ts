import { Announcement } from "../coherence/announcement.ts";
import { digestOf, type Facet } from "../coherence/facet.ts";
import type { Leadership } from "../deeds/leadership.ts";
import { registerAdapter } from "../ghost/adapters.ts";
import { Rounds } from "../rounds.ts";
import type { Surroundings } from "../surroundings.ts";
import { Firing } from "./firing.ts";
import { GiftRecovery } from "./gift-recovery.ts";
import { guardPublishing } from "./publish-guard.ts";
import { ScheduleQueue, type ScheduledRequest } from "./schedule-queue.ts";
import { schedulingAdapter, type Rescheduler } from "./scheduling-adapter.ts";
import { ServerClock } from "./server-clock.ts";

/** Name of the adapter in Ghost's configuration. */
const ADAPTER = "@stateless-ghost/replicas/scheduling";

/** So often the leader asks Ghost for all that is scheduled, for what nobody announced and no facet shows. */
const REBUILD_MS = 30_000;

/** And so soon again when that failed. */
const AGAIN_MS = 2000;

const NAME = "schedules";

/** Posts, gifts and automations at their time, by the leader, whichever replica was told of them. */
export interface Schedules {
  /** Before Ghost's boot. */
  install(): void;
  /** After Ghost's boot. */
  start(): void;
  stop(): void;
  readonly facets: readonly Facet[];
}

export function createSchedules(surroundings: Surroundings, leadership: Leadership): Schedules {
  const { ghost, database, log } = surroundings;
  const queue = new ScheduleQueue();
  const clock = new ServerClock();
  const firing = new Firing(surroundings, leadership, queue, clock);
  const gifts = new GiftRecovery(surroundings, leadership);
  const announcement = new Announcement(NAME, surroundings);
  let adapter: Rescheduler | undefined;
  let started = false;

  const rebuild = new Rounds({
    failure: "The schedules could not be read",
    everyMs: REBUILD_MS,
    againMs: AGAIN_MS,
    log,
    async work() {
      if (!leadership.held) {
        queue.clear();
        return "idle";
      }
      await clock.measure(database);
      await adapter?.rescheduleAll({});
      firing.arm();
      return undefined;
    },
  });

  const rebuildIfLeader = async () => {
    if (started && leadership.held) await rebuild.anew();
  };

  /** On all other replicas a request is forgotten: the leader, who is told that there is one, finds it in the database. */
  const onLeader = (work: (request: ScheduledRequest) => void) => (request: ScheduledRequest) => {
    if (!leadership.held) return announcement.make();
    work(request);
    firing.arm();
  };

  leadership.onGained(async () => {
    if (!started) return;
    await rebuild.anew();
    await gifts.takeOver();
  });

  return {
    install() {
      const parts = {
        made: (made: Rescheduler) => {
          adapter = made;
        },
        schedule: onLeader((request) => queue.put(request)),
        unschedule: onLeader((request) => queue.remove(request)),
      };
      registerAdapter(ghost, "scheduling", ADAPTER, schedulingAdapter(ghost, parts), {});
    },

    start() {
      started = true;
      guardPublishing(surroundings);
      announcement.start();
      rebuild.start();
      gifts.start();
    },

    stop() {
      started = false;
      firing.stop();
      void rebuild.stop();
      void gifts.stop();
      void announcement.settle();
    },

    facets: [
      {
        name: NAME,
        sql: `SELECT ${digestOf("id, type, published_at")} AS digest, NULL AS changed_at
              FROM posts WHERE type IN ('post', 'page') AND status = 'scheduled'`,
        reload: rebuildIfLeader,
      },
      {
        name: "announced schedules",
        sql: `SELECT MAX(version) AS digest, MAX(changed_at) AS changed_at FROM replicas_versions WHERE name = '${NAME}'`,
        reload: rebuildIfLeader,
      },
    ],
  };
}
