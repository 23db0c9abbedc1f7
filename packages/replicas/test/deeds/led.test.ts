import { describe, expect, test } from "vitest";
import { leadEmailAnalytics } from "../../src/deeds/email-analytics.ts";
import type { Leadership } from "../../src/deeds/leadership.ts";
import { doOnceAnHour } from "../../src/deeds/once-an-hour.ts";
import { leadTinybirdSync } from "../../src/deeds/tinybird-sync.ts";
import { fakeSurroundings } from "../newsletters/fakes.ts";

const leadership = (leads: () => boolean) => ({ confirm: async () => leads() }) as unknown as Leadership;

function setUpAnalytics() {
  const state = { leads: false, scheduled: null as object | null, fails: false };
  const done: string[] = [];
  class EmailAnalyticsServiceWrapper {
    service = {
      getStatus: () => ({ scheduled: state.scheduled }),
      restoreScheduled: async () => void done.push("restore"),
    };
    async startFetch() {
      if (state.fails) throw new Error("no answer");
      done.push("fetch");
    }
  }
  const { surroundings, lines } = fakeSurroundings({ emailAnalytics: { EmailAnalyticsServiceWrapper } });
  leadEmailAnalytics(
    surroundings,
    leadership(() => state.leads),
  );
  return { wrapper: new EmailAnalyticsServiceWrapper(), state, done, lines };
}

describe("e-mail analytics", () => {
  test("are the leader's, who takes over what was asked of another replica", async () => {
    const { wrapper, state, done } = setUpAnalytics();
    await wrapper.startFetch();
    expect(done).toEqual([]);
    state.leads = true;
    await wrapper.startFetch();
    expect(done).toEqual(["restore", "fetch"]);
    state.scheduled = { schedule: {} };
    await wrapper.startFetch();
    expect(done).toEqual(["restore", "fetch", "fetch"]);
  });

  test("never reject: nobody waits for a fetch that starts itself again", async () => {
    const { wrapper, state, lines } = setUpAnalytics();
    Object.assign(state, { leads: true, fails: true });
    await wrapper.startFetch();
    expect(lines).toEqual(["Events of e-mails could not be fetched: Error: no answer"]);
  });
});

describe("the sync with Tinybird", () => {
  test("is the leader's", async () => {
    const module = { syncTableToTinybird: async (_target: object, _options: object) => 5 };
    let leads = false;
    leadTinybirdSync(
      fakeSurroundings({ tinybirdSync: module }).surroundings,
      leadership(() => leads),
    );
    expect(await module.syncTableToTinybird({}, {})).toBe(0);
    leads = true;
    expect(await module.syncTableToTinybird({}, {})).toBe(5);
  });
});

describe("what Ghost does after each boot", () => {
  test("is done by the first that boots within an hour", async () => {
    const done: string[] = [];
    class RecommendationService {
      async updateAllRecommendationsMetadata() {
        done.push("metadata");
      }
    }
    class MentionsAPI {
      async refreshMentions(_options: object) {
        done.push("mentions");
      }
    }
    class ExplorePingService {
      async ping() {
        done.push("ping");
      }
    }
    const { surroundings } = fakeSurroundings({
      recommendationService: { RecommendationService },
      mentionsApi: MentionsAPI,
      explorePing: { ExplorePingService },
    });
    doOnceAnHour(surroundings);
    for (let replica = 0; replica < 3; replica += 1) {
      await new RecommendationService().updateAllRecommendationsMetadata();
      await new MentionsAPI().refreshMentions({});
      await new ExplorePingService().ping();
    }
    expect(done).toEqual(["metadata", "mentions", "ping"]);
  });
});
