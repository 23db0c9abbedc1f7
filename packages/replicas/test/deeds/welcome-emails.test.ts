import { describe, expect, test } from "vitest";
import { serialiseWelcomeEmails } from "../../src/deeds/welcome-emails.ts";
import type { WelcomeEmailPollOptions } from "../../src/ghost/modules.ts";
import { fakeSurroundings } from "../newsletters/fakes.ts";

function setUp(between: () => Promise<void> | void = () => {}) {
  const due = new Set(["a", "b"]);
  const sent: string[] = [];
  const refused: string[] = [];
  const module = {
    // as Ghost: reads, then claims
    async welcomeEmailAutomationPoll({ memberWelcomeEmailService }: WelcomeEmailPollOptions) {
      const mine = [...due];
      await between();
      for (const id of mine) due.delete(id);
      memberWelcomeEmailService.init();
      for (const id of mine) {
        await memberWelcomeEmailService.api.send({ id }).catch(() => refused.push(id));
      }
    },
  };
  const { surroundings, leases, lines } = fakeSurroundings({ welcomeEmailPoll: module });
  serialiseWelcomeEmails(surroundings);
  const again: Date[] = [];
  const service = {
    made: false,
    init() {
      this.made = true;
    },
    get api() {
      if (!this.made) throw new Error("init first");
      return {
        loadMemberWelcomeEmails: async () => {},
        send: async ({ id }: { id?: string }) => void sent.push(String(id)),
      };
    },
  };
  const options = { memberWelcomeEmailService: service, enqueueAnotherPollAt: (date: Date) => again.push(date) };
  return { poll: () => module.welcomeEmailAutomationPoll(options), leases, lines, sent, refused, again };
}

describe("welcome e-mails", () => {
  test("are sent once by two polls at the same time", async () => {
    const { poll, sent } = setUp(() => new Promise((resolve) => setTimeout(resolve, 50)));
    await Promise.all([poll(), poll()]);
    expect(sent.toSorted()).toEqual(["a", "b"]);
  });

  test("are not sent by a poll that hung while another one had its turn", async () => {
    const rig = setUp(() => rig.leases.lose("welcome-emails"));
    await rig.poll();
    expect(rig.sent).toEqual([]);
    expect(rig.refused).toEqual(["a", "b"]);
  });

  test("are looked for again when that was not possible", async () => {
    const rig = setUp(() => {
      throw new Error("connection lost");
    });
    await rig.poll();
    expect(rig.again).toHaveLength(1);
    expect(rig.lines).toEqual(["Welcome e-mails could not be looked for: Error: connection lost"]);
    expect(rig.leases.held.size).toBe(0);
  });
});
