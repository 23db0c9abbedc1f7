import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { describeWith, docker } from "../../needs.ts";
import type { Cluster } from "./cluster/cluster.ts";
import { Ground } from "./cluster/ground.ts";
import type { Replica } from "./cluster/replica.ts";
import { cutOff, namedConnections } from "./connections.ts";
import { eventually } from "./eventually.ts";
import { figureOf, leaderOf } from "./health.ts";
import { insertMembers } from "./members.ts";
import { expectEachOnce, isSubmitted, reached, running, sendLetter, senderOf } from "./newsletter.ts";
import { comeEvery } from "./recurring.ts";

/** What is promised when a leader dies or loses its connections, and when it hangs. */
const DEAD_MS = 5000;
const HUNG_MS = 15_000;

/** So long a replica is stopped: all that it held is another's by then. */
const STOPPED_MS = 30_000;

/** A replica that wakes up has done by then what it would do. */
const AWAKE_MS = 5000;

/** Connections are ended so often. */
const CUTS = 5;

/** 100 batches, which take 25 s to be made and as long to be sent. */
const MEMBERS = 2000;
const CREATION_MS = 250;
const SENDING_MS = 500;

/** What no replica but the leader says. */
const LEADERS_WORDS = /This replica is the leader|The recurring job \S+ is due|Resuming newsletters/;

describeWith([docker], "another replica takes over, and nothing is done twice, when", () => {
  let ground: Ground;
  let cluster: Cluster;
  let addresses: string[];

  beforeAll(async () => {
    ground = await Ground.make();
    cluster = await ground.cluster({ env: namedConnections });
    addresses = await insertMembers(cluster.database, MEMBERS);
  });

  afterAll(() => ground?.stop());

  beforeEach(async () => {
    for (const replica of cluster.replicas) if (!replica.running) await replica.start();
    await cluster.ready();
    await leaderOf(cluster);
  });

  afterEach(() => {
    cluster.sinks.mailgun.delay(0);
    cluster.sinks.mailgun.clear();
  });

  test("the connections of the leader are cut again and again (18)", async () => {
    const leader = await leaderOf(cluster);
    for (const end = Date.now() + DEAD_MS; Date.now() < end;) {
      await eventually("it has connections", async () => (await cutOff(ground.mysql, leader)) > 0);
      expect((await leadersAmong(cluster.replicas)).length).toBeLessThanOrEqual(1);
    }
    await oneLeads(cluster.replicas, DEAD_MS);
    expect(cluster.replicas.every((replica) => replica.running)).toBe(true);
  });

  test("the leader is killed (18)", async () => {
    const leader = await leaderOf(cluster);
    await leader.kill();
    expect(await oneLeads(running(cluster), DEAD_MS)).not.toBe(leader);
  });

  test("the leader hangs; it does nothing when it wakes up (18)", async () => {
    const { hooks } = cluster.sinks;
    const api = await cluster.api(0);
    const integration = await api.addIntegration("Hooks");
    await api.addWebhook(integration, "post.published", `${hooks.url}/published`);
    const leader = await leaderOf(cluster);
    const others = cluster.replicas.filter((replica) => replica !== leader);
    const due = new Date(Date.now() + AWAKE_MS);
    const through = await cluster.api(others[0]?.index);
    await through.schedule(await through.draft("While the leader hangs"), due);
    await comeEvery(cluster, "clean-tokens", 1);
    const asleep = await pausedFor(leader, async () => {
      await oneLeads(others, HUNG_MS);
      await eventually("the post is published", () => hooks.at("/published").length > 0, HUNG_MS);
    });
    await sleep(AWAKE_MS);
    expect(await said(leader, asleep)).toContain("This replica is no longer the leader");
    expect(await said(leader, asleep)).not.toMatch(LEADERS_WORDS);
    await oneLeads(cluster.replicas, 0);
    expect(await figureOf(leader, "ghost_replica_leader")).toBe(0);
    expect(hooks.at("/published")).toHaveLength(1);
  });

  test("the connections of a newsletter's sender are cut, in both phases (18)", async () => {
    const { mailgun } = cluster.sinks;
    mailgun.delay(SENDING_MS);
    await cluster.database.slowDown("email_batches", CREATION_MS);
    const email = await sendLetter(cluster, "Cut off");
    for (let cut = 1; cut <= CUTS; cut += 1) {
      await reached(cluster, email, ({ made }) => made > 2 * cut);
      expect(await cutOff(ground.mysql, await senderOf(cluster))).toBeGreaterThan(0);
    }
    await cluster.database.speedUp("email_batches");
    for (let cut = 1; cut <= CUTS; cut += 1) {
      await reached(cluster, email, ({ submitted }) => submitted > 4 * cut);
      expect(await cutOff(ground.mysql, await senderOf(cluster))).toBeGreaterThan(0);
    }
    mailgun.delay(0);
    await reached(cluster, email, isSubmitted);
    await expectEachOnce(cluster, email, addresses);
  });

  test("a newsletter's sender hangs while it makes batches (18)", async () => {
    await cluster.database.slowDown("email_batches", CREATION_MS);
    const email = await sendLetter(cluster, "Hung early");
    await reached(cluster, email, ({ made }) => made > 5);
    const sender = await senderOf(cluster);
    const asleep = await pausedFor(sender, async () => {
      await cluster.database.speedUp("email_batches");
      await reached(cluster, email, isSubmitted, STOPPED_MS);
    });
    await eventually("it finds out", async () => (await said(sender, asleep)).includes(lostWord(email)));
    await expectEachOnce(cluster, email, addresses);
  });

  test("a newsletter's sender hangs while it sends (18)", async () => {
    cluster.sinks.mailgun.delay(SENDING_MS);
    const email = await sendLetter(cluster, "Hung late");
    await reached(cluster, email, ({ submitted }) => submitted > 5);
    const sender = await senderOf(cluster);
    const asleep = await pausedFor(sender, async () => {
      cluster.sinks.mailgun.delay(0);
      await reached(cluster, email, ({ pending }) => pending === 0);
    });
    // it notes what became of the batches that it had under way; by that none is in doubt any more
    await reached(cluster, email, isSubmitted);
    await expectEachOnce(cluster, email, addresses);
    expect(await said(sender, asleep)).toContain(lostWord(email));
  });
});

/** Stops a replica for its time, with what has to happen meanwhile; answers with the length of its log at the stop. */
async function pausedFor(replica: Replica, meanwhile: () => Promise<void>): Promise<number> {
  replica.pause();
  try {
    const [{ length }] = await Promise.all([replica.log(), sleep(STOPPED_MS), meanwhile()]);
    return length;
  } finally {
    replica.resume();
  }
}

/** What a sender says that has lost its e-mail. */
function lostWord(email: string): string {
  return `The e-mail ${email} may be another replica's by now`;
}

async function said(replica: Replica, since: number): Promise<string> {
  return (await replica.log()).slice(since);
}

/** Until exactly one says that it leads. */
function oneLeads(replicas: readonly Replica[], withinMs: number): Promise<Replica> {
  const look = async () => {
    const [leader, ...more] = await leadersAmong(replicas);
    return more.length === 0 ? leader : undefined;
  };
  return eventually("exactly one leads", look, withinMs);
}

async function leadersAmong(replicas: readonly Replica[]): Promise<Replica[]> {
  const leads = await Promise.all(replicas.map((replica) => figureOf(replica, "ghost_replica_leader")));
  return replicas.filter((_, index) => leads[index] === 1);
}
