import { describe, expect, test } from "vitest";
import { StripeWebhooks } from "../../src/deeds/stripe-webhooks.ts";
import type { StripeEndpoint } from "../../src/ghost/modules.ts";
import { fakeSurroundings } from "../newsletters/fakes.ts";

/** Two replicas' managers over one table of settings and one account at Stripe; what each remembers of it is old. */
function setUp() {
  const settings: StripeEndpoint = { webhook_id: null, secret: null };
  const calls: string[] = [];
  let made = 0;
  class WebhookManager {
    static events = ["invoice.payment_succeeded"];
    mode = "network";
    config = { webhookHandlerUrl: "https://blog.example/members/webhooks/stripe/" };
    webhookSecret: string | null = null;
    api = {
      _config: { secretKey: "sk_1" },
      deleteWebhookEndpoint: async (id: string) => void calls.push(`delete ${id}`),
    };
    hang = () => {};
    StripeWebhook = {
      get: async (): Promise<StripeEndpoint> => ({ webhook_id: null, secret: null }),
      save: async (endpoint: StripeEndpoint) => void Object.assign(settings, endpoint),
    };
    async start() {
      const { webhook_id, secret } = await this.StripeWebhook.get();
      await new Promise((resolve) => setTimeout(resolve, 20));
      calls.push(webhook_id ? `update ${webhook_id}` : "create");
      made += webhook_id ? 0 : 1;
      this.hang();
      await this.StripeWebhook.save({ webhook_id: webhook_id ?? `we_${made}`, secret: secret ?? `whsec_${made}` });
      this.webhookSecret = settings.secret;
    }
    async stop() {
      const { webhook_id } = await this.StripeWebhook.get();
      calls.push(`delete ${webhook_id}`);
      await this.StripeWebhook.save({ webhook_id: null, secret: null });
      return true;
    }
  }
  class BillingPortalManager {
    async start() {}
  }
  class StripeMigrations {
    async execute() {}
  }
  const managers = [new WebhookManager(), new WebhookManager()] as const;
  const stripe = {
    webhookManager: managers[1],
    api: { configure: () => calls.push("disconnect") },
    shutdown: async () => void calls.push("shutdown"),
  };
  const keys: Record<string, string> = { stripe_connect_secret_key: "sk_1" };
  const database = {
    rows: async () => [
      { key: "members_stripe_webhook_id", value: settings.webhook_id },
      { key: "members_stripe_webhook_secret", value: settings.secret },
    ],
  };
  const { surroundings, leases } = fakeSurroundings(
    {
      webhookManager: WebhookManager,
      billingPortal: { BillingPortalManager },
      stripeMigrations: StripeMigrations,
      stripe,
      settingsCache: { get: (key: string) => keys[key] },
    },
    { database },
  );
  const webhooks = new StripeWebhooks(surroundings);
  webhooks.install();
  return { webhooks, managers, settings, calls, stripe, keys, leases };
}

describe("the webhook endpoint at Stripe", () => {
  test("is made once by replicas that connect at the same time", async () => {
    const { managers, calls } = setUp();
    await Promise.all(managers.map((manager) => manager.start()));
    expect(calls).toEqual(["create"]);
    expect(managers.map(({ webhookSecret }) => webhookSecret)).toEqual(["whsec_1", "whsec_1"]);
  });

  test("is not made a second time by a replica that hung meanwhile", async () => {
    const { managers, calls, settings, leases } = setUp();
    managers[0].hang = () => {
      leases.lose("stripe-webhook");
      Object.assign(settings, { webhook_id: "we_other", secret: "whsec_other" });
    };
    await managers[0].start();
    expect(calls).toEqual(["create", "delete we_1"]);
    expect(settings.webhook_id).toBe("we_other");
    expect(managers[0].webhookSecret).toBe("whsec_other");
  });

  test("is asked for again with another account, and with the id of the database", async () => {
    const { managers, calls } = setUp();
    await managers[0].start();
    Object.assign(managers[1].api, { _config: { secretKey: "sk_2" } });
    await managers[1].start();
    expect(calls).toEqual(["create", "update we_1"]);
  });

  test("is taken away by the id of the database", async () => {
    const { managers, calls, settings } = setUp();
    await managers[0].start();
    expect(await managers[1].stop()).toBe(true);
    expect(calls).toEqual(["create", "delete we_1"]);
    expect(settings.webhook_id).toBeNull();
    // and a new one is made afterwards
    await managers[0].start();
    expect(calls.at(-1)).toBe("create");
  });

  test("is not touched with a secret of the configuration", async () => {
    const { managers, calls, leases } = setUp();
    managers[0].mode = "local";
    await managers[0].start();
    await managers[0].stop();
    expect(calls).toEqual([]);
    expect(leases.asked).toEqual([]);
  });

  test("has its secret taken over by the others", async () => {
    const { webhooks, managers, calls, keys, settings } = setUp();
    await managers[0].start();
    await webhooks.adoptSecret();
    expect(managers[1].webhookSecret).toBe("whsec_1");
    expect(calls).toEqual(["create"]);
    Object.assign(settings, { webhook_id: null, secret: null });
    delete keys.stripe_connect_secret_key;
    await webhooks.adoptSecret();
    expect(managers[1].webhookSecret).toBeNull();
    expect(calls.at(-1)).toBe("disconnect");
  });

  test("outlives a replica in development, unless it is the last one", async () => {
    const { webhooks, stripe, calls, leases } = setUp();
    webhooks.start();
    leases.lose("replica:one");
    leases.lose("replica:two");
    await stripe.shutdown();
    expect(calls).toEqual([]);
    leases.held.delete("replica:two");
    await stripe.shutdown();
    expect(calls).toEqual(["shutdown"]);
  });
});
