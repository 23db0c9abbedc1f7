import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWith, docker } from "../../needs.ts";
import type { Cluster } from "./cluster/cluster.ts";
import { Ground } from "./cluster/ground.ts";
import { eventually } from "./eventually.ts";
import { leaderOf } from "./health.ts";
import { insertMembers } from "./members.ts";
import { comeEvery, comeNow, comeOnceMore, nextTime, openJobs, timesDone } from "./recurring.ts";
import { signUp } from "./visitor.ts";

/** Longer than it takes until another replica leads, so that each tick has its own run. */
const PERIOD_S = 6;

/** Longer than any of these would take on another replica. */
const NOTHING_MORE_MS = 3000;

/** Each replica finds as many. */
const SIGN_UPS = 12;

/** By this all replicas look for welcome e-mails before the first of them has claimed any. */
const SLOW_CLAIM_MS = 100;

const SITE = "/.ghost/activitypub/v1/site/";

const TOKENS = "clean-tokens";

describeWith([docker], "of three replicas one does", () => {
  let ground: Ground;
  let cluster: Cluster;

  beforeAll(async () => {
    ground = await Ground.make();
    // they all come from one address
    const config = { spam: { member_login: { freeRetries: 10 * SIGN_UPS } } };
    cluster = await ground.cluster({ config });
  });

  afterAll(() => ground?.stop());

  test("the set-up of ActivityPub, also when the setting is changed through another (20)", async () => {
    const { hooks } = cluster.sinks;
    const calls = () => hooks.at(SITE).map(({ method }) => method);
    await eventually("it is set up", async () => (await activityPubHooks(cluster)) > 0);
    await sleep(NOTHING_MORE_MS);
    expect(calls()).toEqual(["GET"]);
    const leader = await leaderOf(cluster);
    const [one, other] = cluster.replicas.filter((replica) => replica !== leader);
    await (await cluster.api(one?.index)).editSettings({ social_web: false });
    await eventually("it is taken down", async () => (await activityPubHooks(cluster)) === 0);
    await eventually("the service is told", () => calls().length > 1);
    await (await cluster.api(other?.index)).editSettings({ social_web: true });
    await eventually("it is set up again", async () => (await activityPubHooks(cluster)) > 0);
    await sleep(NOTHING_MORE_MS);
    expect(calls()).toEqual(["GET", "DELETE", "GET"]);
    expect(await activityPubHooks(cluster)).toBe(4);
  });

  test("each welcome e-mail, when all look for them at the same time (20)", async () => {
    const { smtp } = cluster.sinks;
    const addresses = Array.from({ length: SIGN_UPS }, (_, index) => `welcome-${index}@example.com`);
    await switchOnWelcome(cluster, "Welcome aboard");
    const links: URL[] = [];
    for (const address of addresses) links.push(await linkTo(cluster, address));
    await cluster.database.slowDown("welcome_email_automation_runs", SLOW_CLAIM_MS, "UPDATE");
    await Promise.all(
      links.map(({ pathname, search }, index) => cluster.replica(index % 3).get(`${pathname}${search}`)),
    );
    const welcomes = () => smtp.mails.filter(({ subject }) => subject === "Welcome aboard").flatMap(({ to }) => to);
    await eventually("all are welcomed", () => new Set(welcomes()).size === SIGN_UPS, 60_000);
    await cluster.database.speedUp("welcome_email_automation_runs");
    await sleep(NOTHING_MORE_MS);
    expect(welcomes().toSorted()).toEqual(addresses.toSorted());
  });

  test("the expiry of a complimentary plan and the reminder of a gift (20)", async () => {
    const { database, sinks } = cluster;
    const [comped, gifted] = await insertMembers(database, 2);
    await expire(cluster, comped);
    await giveTo(cluster, gifted);
    const types = ["clean-expired-comped", "send-gift-reminders"];
    const before = await Promise.all(types.map((type) => timesDone(cluster, type)));
    for (const type of types) await comeNow(cluster, type);
    const reminders = await sinks.smtp.to(gifted!);
    await eventually("the plan has ended", async () => (await statusOf(cluster, comped)) === "free");
    await sleep(NOTHING_MORE_MS);
    expect(reminders.map(({ subject }) => subject)).toEqual(["Your gift subscription is ending soon"]);
    expect(sinks.smtp.mails.filter(({ to }) => to.includes(gifted!))).toHaveLength(1);
    const events = await database.query("SELECT to_status FROM members_status_events WHERE from_status = 'comped'");
    expect(events.map(({ to_status: status }) => status)).toEqual(["free"]);
    const after = await Promise.all(types.map((type) => timesDone(cluster, type)));
    expect(after).toEqual(before.map((times) => times + 1));
  });

  test("the update check (20)", async () => {
    await cluster.database.query("UPDATE settings SET value = NULL WHERE `key` = 'next_update_check'");
    await sleep(NOTHING_MORE_MS);
    const { hooks } = cluster.sinks;
    hooks.clear();
    await comeNow(cluster, "update-check");
    await hooks.wait("/update-check");
    await sleep(NOTHING_MORE_MS);
    expect(hooks.at("/update-check")).toHaveLength(1);
  });

  test("each run of a job that comes again, also when the leader is killed (19)", async () => {
    const before = await timesDone(cluster, TOKENS);
    const first = await comeEvery(cluster, TOKENS, PERIOD_S);
    const tick = (number: number) =>
      eventually(
        `tick ${number}`,
        async () => (await nextTime(cluster, TOKENS)) >= first + number * PERIOD_S,
        5 * PERIOD_S * 1000,
      );
    await tick(2);
    await (await leaderOf(cluster)).kill();
    await tick(5);
    await comeOnceMore(cluster, TOKENS);
    const done = async () => (await timesDone(cluster, TOKENS)) - before;
    await eventually("the last one is done", async () => (await done()) >= 6, 5 * PERIOD_S * 1000);
    await sleep(NOTHING_MORE_MS);
    expect(await openJobs(cluster, TOKENS)).toBe(0);
    expect(await done()).toBe(6);
  });
});

async function activityPubHooks({ database }: Cluster): Promise<number> {
  const [row] = await database.query(
    `SELECT COUNT(*) AS hooks FROM webhooks w JOIN integrations i ON i.id = w.integration_id
     WHERE i.slug = 'ghost-activitypub'`,
  );
  return Number(row?.hooks);
}

/** Makes the e-mail that those get who become a member for free. */
async function switchOnWelcome(cluster: Cluster, subject: string): Promise<void> {
  const api = await cluster.api();
  const { lexical } = await api.read("posts", (await api.draft(subject)).id, { formats: "lexical" });
  const email = {
    name: "Free member welcome flow",
    slug: "member-welcome-email-free",
    subject,
    lexical,
    status: "active",
  };
  await api.send("POST", "automated_emails/", { automated_emails: [email] });
}

/** The link that makes somebody a member. */
async function linkTo(cluster: Cluster, address: string): Promise<URL> {
  expect((await signUp(cluster.replica(0), address)).status).toBe(201);
  const [mail] = await cluster.sinks.smtp.to(address);
  const link = /https:\/\/\S*token=\S*/.exec(mail?.text ?? "")?.[0];
  if (!link) throw new Error(`There is no link in the mail to ${address}.`);
  return new URL(link);
}

/** Gives somebody a complimentary plan that has come to its end. */
async function expire({ database }: Cluster, address: string | undefined): Promise<void> {
  await database.query("UPDATE members SET status = 'comped' WHERE email = ?", [address]);
  await database.query(
    `INSERT INTO members_products (id, member_id, product_id, sort_order, expiry_at)
     SELECT m.id, m.id, p.id, 0, UTC_TIMESTAMP() - INTERVAL 2 DAY FROM members m JOIN products p ON p.type = 'paid'
     WHERE m.email = ?`,
    [address],
  );
}

/** Gives somebody a gift that ends in five days. */
async function giveTo({ database }: Cluster, address: string | undefined): Promise<void> {
  await database.query("UPDATE members SET status = 'gift' WHERE email = ?", [address]);
  await database.query(
    `INSERT INTO gifts (id, token, buyer_email, redeemer_member_id, tier_id, cadence, duration, currency, amount,
       status, purchased_at, redeemed_at, consumes_at)
     SELECT m.id, 'a-gift', 'giver@example.com', m.id, p.id, 'month', 1, 'usd', 500,
       'redeemed', UTC_TIMESTAMP(), UTC_TIMESTAMP(), UTC_TIMESTAMP() + INTERVAL 5 DAY
     FROM members m JOIN products p ON p.type = 'paid' WHERE m.email = ?`,
    [address],
  );
}

async function statusOf({ database }: Cluster, address: string | undefined): Promise<string> {
  const [member] = await database.query("SELECT status FROM members WHERE email = ?", [address]);
  return member?.status;
}
