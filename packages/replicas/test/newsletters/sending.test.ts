import { describe, expect, test } from "vitest";
import type { EditableModel, ModelClass } from "../../src/ghost/modules.ts";
import { leaseName } from "../../src/newsletters/sender.ts";
import { Sending } from "../../src/newsletters/sending.ts";
import { fakeModel, fakeSurroundings } from "./fakes.ts";

const SHUTDOWN_CODE = "SHUTDOWN";
const EMAIL = "e1";

/** As Ghost's sender does it, for one batch at a time; `between` is called where a process may hang. */
function setUp(between: (place: string) => void = () => {}) {
  const emails = { [EMAIL]: "pending" };
  const batches: Record<string, string> = {};
  const sent: string[] = [];
  const Email = fakeModel("emails", emails);
  const EmailBatch = fakeModel("email_batches", batches);
  class BatchSendingService {
    stopped = false;
    attempts = 0;
    async emailJob(data: { emailId: string }) {
      const email = await this.retryDb(
        () => this.updateStatusLock(Email, data.emailId, "submitting", ["pending", "failed"]),
        {
          description: "",
        },
      );
      if (!email) return;
      try {
        between("creation");
        await this.retryDb(() => this.createBatch(email, "all", [{}], {}), { description: "" });
        for (const id of Object.keys(batches)) {
          between("claim");
          if (
            await this.retryDb(() => this.updateStatusLock(EmailBatch, id, "submitting", ["pending", "failed"]), {
              description: "",
            })
          ) {
            sent.push(id);
            batches[id] = "submitted";
          }
        }
        between("verdict");
        await email.save({ status: "submitted" });
      } catch (error) {
        if ((error as { code?: string }).code === SHUTDOWN_CODE) return;
        await this.retryDb(async () => email.save({ status: "failed" }), { description: "" });
      }
    }
    scheduleEmail() {}
    async updateStatusLock(model: ModelClass, id: string, status: string, allowed: readonly string[]) {
      let row: EditableModel | null | undefined;
      await model.transaction(async () => {
        row = await model.findOne({ id });
        if (!row || !allowed.includes(String(row.get("status")))) {
          row = undefined;
          return;
        }
        await row.save({ status });
      });
      return row ?? undefined;
    }
    async createBatch(_email: object, _segment: unknown, _members: unknown, _options: object) {
      batches[`b${Object.keys(batches).length}`] = "pending";
      return {};
    }
    async retryDb<Result>(work: () => Promise<Result>, options: object): Promise<Result> {
      this.attempts += 1;
      try {
        return await work();
      } catch (error) {
        if (this.attempts > 20) throw error;
        return this.retryDb(work, options);
      }
    }
    onPreStop() {
      this.stopped = true;
    }
  }
  const began: string[] = [];
  const { surroundings, leases, lines } = fakeSurroundings({
    batchSending: Object.assign(BatchSendingService, { SHUTDOWN_CODE }),
    models: { Email, EmailBatch },
  });
  const sending = new Sending(surroundings, (id) => began.push(id));
  sending.install();
  return { service: new BatchSendingService(), sending, leases, lines, emails, batches, sent, began, Email };
}

describe("the sender of a newsletter", () => {
  test("works under the lease of the e-mail and gives it up", async () => {
    const { service, leases, emails, sent, began } = setUp();
    await service.emailJob({ emailId: EMAIL });
    expect(emails[EMAIL]).toBe("submitted");
    expect(sent).toEqual(["b0"]);
    expect(began).toEqual([EMAIL]);
    expect(leases.held.size).toBe(0);
  });

  test("that hung in the creation adds no batch and says nothing of the e-mail", async () => {
    const rig = setUp((place) => place === "creation" && rig.leases.lose(leaseName(EMAIL)));
    await rig.service.emailJob({ emailId: EMAIL });
    expect(rig.batches).toEqual({});
    expect(rig.sent).toEqual([]);
    expect(rig.emails[EMAIL]).toBe("submitting");
    // at once, not after all attempts
    expect(rig.service.attempts).toBe(2);
  });

  test("that hung before a claim claims nothing", async () => {
    const rig = setUp((place) => place === "claim" && rig.leases.lose(leaseName(EMAIL)));
    await rig.service.emailJob({ emailId: EMAIL });
    expect(rig.batches).toEqual({ b0: "pending" });
    expect(rig.sent).toEqual([]);
    expect(rig.emails[EMAIL]).toBe("submitting");
  });

  test("that hung before its verdict leaves it to the next one", async () => {
    const rig = setUp((place) => place === "verdict" && rig.leases.lose(leaseName(EMAIL)));
    await rig.service.emailJob({ emailId: EMAIL });
    expect(rig.sent).toEqual(["b0"]);
    expect(rig.emails[EMAIL]).toBe("submitting");
    expect(rig.leases.held.has(leaseName(EMAIL))).toBe(true);
  });

  test("leaves when another one works on the e-mail all the time", async () => {
    const { service, leases, emails, lines } = setUp();
    leases.lose(leaseName(EMAIL));
    await service.emailJob({ emailId: EMAIL });
    expect(emails[EMAIL]).toBe("pending");
    expect(lines).toEqual([`Another replica works on the e-mail ${EMAIL}`]);
  });

  test("waits for the one that is about to end", async () => {
    const { service, leases, emails } = setUp();
    leases.lose(leaseName(EMAIL));
    setTimeout(() => leases.held.clear(), 400);
    await service.emailJob({ emailId: EMAIL });
    expect(emails[EMAIL]).toBe("submitted");
  });

  test("does not begin once the replica drains, and the one under way is told", async () => {
    const { service, sending, leases, emails } = setUp();
    await service.emailJob({ emailId: EMAIL });
    emails[EMAIL] = "pending";
    sending.stopClaiming();
    expect(service.stopped).toBe(true);
    await service.emailJob({ emailId: EMAIL });
    expect(emails[EMAIL]).toBe("pending");
    expect(leases.held.size).toBe(0);
  });

  test("has its status changed by nobody else", async () => {
    const { service, leases, emails, Email } = setUp();
    emails[EMAIL] = "submitting";
    leases.lose(leaseName(EMAIL));
    expect(await service.updateStatusLock(Email, EMAIL, "pending", ["submitting"])).toBeUndefined();
    expect(emails[EMAIL]).toBe("submitting");
    leases.held.clear();
    expect(await service.updateStatusLock(Email, EMAIL, "pending", ["submitting"])).toBeDefined();
    expect(emails[EMAIL]).toBe("pending");
    expect(leases.held.size).toBe(0);
  });
});
