import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWith, docker } from "../../needs.ts";
import type { Cluster } from "./cluster/cluster.ts";
import { Ground } from "./cluster/ground.ts";
import { eventually } from "./eventually.ts";
import { everywhere, SOON_MS } from "./everywhere.ts";
import { leaderOf } from "./health.ts";
import { STRIPE_KEYS } from "./sinks/stripe.ts";
import { checkOut } from "./visitor.ts";

/** Where Stripe sends events to. */
const STRIPE_EVENTS = "/members/webhooks/stripe/";

/** Ghost waits 0.6 s after the last of several settings before it connects. */
const CONNECTED_MS = 5000;

describeWith([docker], "Stripe", () => {
  let ground: Ground;
  let cluster: Cluster;

  beforeAll(async () => {
    ground = await Ground.make();
    cluster = await ground.cluster();
  });

  afterAll(() => ground?.stop());

  const endpoints = () => cluster.sinks.stripe.objects("webhook_endpoints");

  /** One that is, and that was the only one ever made; a second one would be there by then. */
  const oneEndpoint = async () => {
    await sleep(SOON_MS);
    expect(endpoints()).toHaveLength(1);
    const made = cluster.sinks.stripe.calls.filter(
      (call) => call.method === "POST" && call.path === "webhook_endpoints",
    );
    expect(made).toHaveLength(1);
  };

  const acceptedEverywhere = () =>
    everywhere(
      cluster,
      "a signed event is accepted",
      async (replica) =>
        (await replica.get(STRIPE_EVENTS, cluster.sinks.stripe.signed("payout.paid", {}))).status === 200,
      CONNECTED_MS,
    );

  test("connected through one that does not lead has one endpoint, whose events every replica accepts (12)", async () => {
    const leader = await leaderOf(cluster);
    const follower = cluster.replicas.find((replica) => replica !== leader)!;
    await (await cluster.api(follower.index)).editSettings(STRIPE_KEYS);
    await eventually("the endpoint", () => endpoints().length > 0);
    await acceptedEverywhere();
    await oneEndpoint();
  });

  test("is asked for the new price of a tier by every replica (12)", async () => {
    const api = await cluster.api(0);
    const tier = (await api.list("tiers")).find(({ type }) => type === "paid");
    await api.edit("tiers", String(tier?.id), { ...tier, monthly_price: 1700 });
    const { stripe } = cluster.sinks;
    for (const replica of cluster.replicas) {
      await eventually(
        `a checkout at the new price through replica ${replica.index}`,
        async () => {
          await checkOut(replica, String(tier?.id), `reader-${replica.index}@example.com`);
          const asked = JSON.stringify(stripe.objects("checkout/sessions").at(-1));
          return stripe
            .objects("prices")
            .some((price) => asked.includes(price.id) && Number(price.unit_amount) === 1700);
        },
        CONNECTED_MS,
      );
    }
  });

  test("keeps its one endpoint when all replicas start at once (12)", async () => {
    await Promise.all(cluster.replicas.map((replica) => replica.kill()));
    await Promise.all(cluster.replicas.map((replica) => replica.start()));
    await cluster.ready();
    await acceptedEverywhere();
    await oneEndpoint();
  });
});
