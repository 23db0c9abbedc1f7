import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { describeWith, docker } from "../../needs.ts";
import type { Cluster } from "./cluster/cluster.ts";
import { Ground } from "./cluster/ground.ts";
import { eventually } from "./eventually.ts";
import { figureOf } from "./health.ts";
import { insertMembers } from "./members.ts";
import {
  expectEachOnce,
  isSubmitted,
  progressOf,
  reached,
  recipientsOf,
  running,
  sendLetter,
  senderOf,
} from "./newsletter.ts";

/** 200 batches. */
const MEMBERS = 4000;

/** By this a phase is longer than the changes of the replicas that are made in it; they end it. */
const SLOW_CREATION_MS = 600;
const SLOW_SENDING_MS = 1000;

/** The balancer looks each 250 ms. */
const DRAIN_DELAY_MS = 500;

/** Both workers of Ghost have one under way at any time. */
const MOST_IN_DOUBT = 2;

/** Posts without their e-mail are looked for each 15 s, when they were left alone for 30 s. */
const MADE_MS = 60_000;

/** Batches in doubt are looked for each 15 s, when the lease of their sender is over. */
const TOLD_MS = 30_000;

describeWith([docker], "each address gets a newsletter once", () => {
  let ground: Ground;
  let cluster: Cluster;
  let addresses: string[];

  beforeAll(async () => {
    ground = await Ground.make();
    const replicaConfig = { drainDelay: DRAIN_DELAY_MS };
    cluster = await ground.cluster({ replicas: 2, replicaConfig });
    addresses = await insertMembers(cluster.database, MEMBERS);
  });

  afterAll(() => ground?.stop());

  afterEach(() => {
    cluster.sinks.mailgun.delay(0);
    cluster.sinks.mailgun.clear();
  });

  test("while replicas are added, restarted and taken away, in both of its phases (16)", async () => {
    const { mailgun } = cluster.sinks;
    mailgun.delay(SLOW_SENDING_MS);
    await cluster.database.slowDown("email_batches", SLOW_CREATION_MS);
    const email = await sendLetter(cluster, "Through it all");
    await reached(cluster, email, ({ made }) => made > 0);
    await changeAll(cluster);
    expect(mailgun.messages, "batches are still being made").toHaveLength(0);
    await cluster.database.speedUp("email_batches");
    await eventually("it is being sent", () => mailgun.messages.length > 0, 60_000);
    await changeAll(cluster);
    expect((await progressOf(cluster, email)).pending, "batches are still being sent").toBeGreaterThan(0);
    mailgun.delay(0);
    await reached(cluster, email, isSubmitted);
    await expectEachOnce(cluster, email, addresses);
  });

  test("when its sender is killed while batches are made (17)", async () => {
    await scaleTo(cluster, 3);
    await cluster.database.slowDown("email_batches", SLOW_CREATION_MS);
    const email = await sendLetter(cluster, "Killed early");
    await reached(cluster, email, ({ made }) => made > 5);
    await (await senderOf(cluster)).kill();
    await cluster.database.speedUp("email_batches");
    expect(cluster.sinks.mailgun.messages).toHaveLength(0);
    await reached(cluster, email, isSubmitted);
    await expectEachOnce(cluster, email, addresses);
  });

  test("when its post was published, but its e-mail could not be made (17)", async () => {
    const { database } = cluster;
    const refusal = "BEGIN IF NEW.subject = 'Refused' THEN SIGNAL SQLSTATE '45000'; END IF; END";
    await database.query(`CREATE TRIGGER refuse BEFORE INSERT ON emails FOR EACH ROW ${refusal}`);
    await expect(sendLetter(cluster, "Refused")).rejects.toThrow("was answered with 500");
    await database.query("DROP TRIGGER refuse");
    const emails = () => database.query("SELECT id FROM emails WHERE subject = 'Refused'");
    expect(await emails()).toEqual([]);
    await eventually("the e-mail is made", async () => (await emails()).length > 0, MADE_MS);
    const [email] = await emails();
    await reached(cluster, email?.id, isSubmitted);
    await expectEachOnce(cluster, email?.id, addresses);
  });

  test("or, when its sender is killed while it sends, at most; what is in doubt is shown (17)", async () => {
    const { mailgun } = cluster.sinks;
    await scaleTo(cluster, 3);
    mailgun.delay(SLOW_SENDING_MS);
    const email = await sendLetter(cluster, "Killed late");
    await reached(cluster, email, ({ submitted }) => submitted > 5);
    await (await senderOf(cluster)).kill();
    mailgun.delay(0);
    // Ghost's word for it, as it takes no risk of sending a batch twice
    await reached(cluster, email, ({ status, pending }) => status === "failed" && pending === 0);
    const { made, submitted, submitting } = await progressOf(cluster, email);
    expect(submitting).toBeGreaterThan(0);
    expect(submitting).toBeLessThanOrEqual(MOST_IN_DOUBT);
    expect(submitted).toBe(made - submitting);
    await expectNobodyTwice(cluster, email);
    const inDoubt = () => sumOf(cluster, "ghost_replica_email_batches_in_doubt");
    await eventually("all of them are shown", async () => (await inDoubt()) === submitting, TOLD_MS);
    expect(await told(cluster, `recipients of the newsletter ${email} `)).toBe(1);
    // killed before or after the provider had it
    const recipients = await recipientsOf(cluster, email);
    const unsure = recipients.filter(({ status }) => status === "submitting").map(({ address }) => String(address));
    // what the log says is to be done with those that were accepted
    await cluster.database.query("UPDATE email_batches SET status = 'submitted' WHERE status = 'submitting'");
    await reached(cluster, email, isSubmitted);
    await expectEachOnce(cluster, email, addresses, new Set(unsure));
    await eventually("none is shown any more", async () => (await inDoubt()) === 0, TOLD_MS);
  });
});

/** Adds two, restarts those that were there, among them the sender and the leader, and takes two away. */
async function changeAll(cluster: Cluster): Promise<void> {
  const before = running(cluster);
  await scaleTo(cluster, 4);
  for (const replica of before) await replica.restart();
  const sender = await senderOf(cluster);
  const other = running(cluster).find((replica) => replica !== sender);
  const exits = await Promise.all([sender.stop(), other?.stop()]);
  expect(exits).toEqual([0, 0].map((code) => ({ code, signal: null })));
}

/** Starts as many as are missing, as on new machines. */
async function scaleTo(cluster: Cluster, count: number): Promise<void> {
  const idle = cluster.replicas.filter((replica) => !replica.running);
  for (let missing = count - running(cluster).length; missing > 0; missing -= 1) {
    const replica = idle.pop();
    await (replica ? replica.start({ emptied: true }) : cluster.add());
  }
  await cluster.ready();
}

async function expectNobodyTwice(cluster: Cluster, emailId: string): Promise<void> {
  const counts = cluster.sinks.mailgun.counts(emailId);
  expect([...counts.values()].filter((count) => count > 1)).toEqual([]);
  const sent = (await recipientsOf(cluster, emailId)).filter(({ status }) => status === "submitted");
  expect(sent.filter(({ address }) => counts.get(address) !== 1)).toEqual([]);
}

async function sumOf(cluster: Cluster, figure: string): Promise<number> {
  const figures = await Promise.all(running(cluster).map((replica) => figureOf(replica, figure)));
  return figures.reduce((sum, value) => sum + value, 0);
}

/** How often a text stands in the logs. */
async function told(cluster: Cluster, text: string): Promise<number> {
  const logs = await Promise.all(cluster.replicas.map((replica) => replica.log()));
  return logs.reduce((sum, log) => sum + log.split(text).length - 1, 0);
}
