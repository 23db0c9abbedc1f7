import { digestOf, type Facet } from "../coherence/facet.ts";
import type { Lease } from "../database/leases.ts";
import { giveUp, takeTurn } from "../database/turn.ts";
import type { StripeEndpoint, StripeWebhookManager } from "../ghost/modules.ts";
import { wrap } from "../ghost/wrap.ts";
import type { Surroundings } from "../surroundings.ts";
import { ENDPOINT_ROWS, fingerprint, storedEndpoint } from "./stripe-endpoint.ts";

/** One that sets the endpoint up and was not heard of for so long is gone. */
const LEASE_MS = 10_000;

/** Three calls of Stripe's API, each with the retries of its client. */
const WAIT_MS = 30_000;

/** For so long an endpoint that a replica has set up counts as in order; then the next start asks Stripe again. */
const IN_ORDER_MS = 60 * 60 * 1000;

/** A start that had to wait in vain leaves it to another time. */
const BUSY = "Another replica is setting up the webhooks of Stripe and does not come to an end";

/** Settings with which Ghost is connected to Stripe: one of them, or it is not. */
const SECRET_KEYS = ["stripe_connect_secret_key", "stripe_secret_key"];

const PORTAL_KEY = "stripe_billing_portal_configuration_id";

/** Exactly one endpoint at Stripe, whoever connects the account and however many replicas boot at once. */
export class StripeWebhooks {
  readonly #surroundings: Surroundings;

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  install(): void {
    this.#wrapStart();
    this.#wrapStop();
    this.#wrapPortal();
    this.#wrapMigrations();
  }

  /** After boot. In development Ghost takes its endpoint away when it ends: the others still need it. */
  start(): void {
    const { ghost, leases, id, log } = this.#surroundings;
    wrap(ghost.use("stripe"), "shutdown", async (shutdown) => {
      try {
        const others = (await leases.held("replica:")).filter((name) => name !== `replica:${id}`);
        if (others.length === 0) await shutdown();
      } catch (error) {
        log.error("Stripe's webhooks stay: whether another replica needs them could not be seen", error);
      }
    });
  }

  /** The secret that another replica got from Stripe, without which this one refuses what Stripe sends. */
  get facet(): Facet {
    return {
      name: "stripe-endpoint",
      sql: `SELECT ${digestOf("`key`, IFNULL(value, CHAR(0))")} AS digest, NULL AS changed_at FROM settings WHERE ${ENDPOINT_ROWS}`,
      reload: () => this.adoptSecret(),
    };
  }

  /** Takes over the secret as it stands in the database, or the end of the connection to Stripe. */
  async adoptSecret(): Promise<void> {
    const { ghost, database } = this.#surroundings;
    const { webhookManager, api } = ghost.use("stripe");
    if (webhookManager.mode !== "network") return;
    const { secret } = await storedEndpoint(database);
    webhookManager.webhookSecret = secret;
    const settings = ghost.use("settingsCache");
    if (!secret && !SECRET_KEYS.some((key) => settings.get(key))) api.configure(null);
  }

  #wrapStart(): void {
    wrap(this.#surroundings.ghost.use("webhookManager").prototype, "start", async (start, manager) => {
      // a secret of the configuration: its endpoint is not Ghost's business
      if (manager.mode !== "network") return;
      await this.#inTurn("stripe-webhook", (lease) => this.#setUp(manager, lease, start)).catch((error: unknown) =>
        this.#makeDo(manager, error),
      );
    });
  }

  async #setUp(manager: StripeWebhookManager, lease: Lease, start: () => Promise<void>): Promise<void> {
    const { ghost, database, leases, log } = this.#surroundings;
    const { events } = ghost.use("webhookManager");
    const nameOf = (endpoint: StripeEndpoint) => `in-order:stripe-webhook:${fingerprint(endpoint, manager, events)}`;
    const stored = await storedEndpoint(database);
    if (stored.webhook_id && stored.secret && (await leases.holder(nameOf(stored)))) {
      manager.webhookSecret = stored.secret;
      log.info("Stripe's webhooks were set up by another replica a short time ago");
      return;
    }
    await this.#withFreshValues(manager, lease, start);
    // held until its time is over: nobody gives it up
    await leases.acquire(nameOf(await storedEndpoint(database)), IN_ORDER_MS);
  }

  /** An endpoint that is there serves until it can be looked after again. */
  async #makeDo(manager: StripeWebhookManager, error: unknown): Promise<void> {
    const { secret } = await storedEndpoint(this.#surroundings.database);
    if (!secret) throw error;
    manager.webhookSecret = secret;
    this.#surroundings.log.error("Stripe's webhooks stay as they are; they could not be set up", error);
  }

  #wrapStop(): void {
    const { ghost, log } = this.#surroundings;
    wrap(ghost.use("webhookManager").prototype, "stop", async (stop, manager) => {
      if (manager.mode !== "network") return undefined;
      try {
        return await this.#inTurn("stripe-webhook", (lease) => this.#withFreshValues(manager, lease, stop));
      } catch (error) {
        log.error("Stripe's webhooks could not be taken away", error);
        return false;
      }
    });
  }

  /** The configuration of Stripe's page for customers: made once, by whoever comes first. */
  #wrapPortal(): void {
    const { database, ghost } = this.#surroundings;
    wrap(ghost.use("billingPortal").BillingPortalManager.prototype, "start", (start, manager) =>
      this.#inTurn("stripe-portal", async () => {
        const sql = "SELECT value FROM settings WHERE `key` = ?";
        const [row] = await database.rows<{ value: string | null }>(sql, [PORTAL_KEY]);
        const cache = manager.settingsCache;
        manager.settingsCache = { get: (key) => (key === PORTAL_KEY ? row?.value || null : cache.get(key)) };
        try {
          await start();
        } finally {
          manager.settingsCache = cache;
        }
      }),
    );
  }

  /** What a boot mends in the data of old blogs: one after another, as the second finds nothing to do. */
  #wrapMigrations(): void {
    const { ghost, log } = this.#surroundings;
    wrap(ghost.use("stripeMigrations").prototype, "execute", (execute) =>
      this.#inTurn("stripe-migrations", execute).catch((error: unknown) =>
        log.error("Stripe's data were not looked after; the next boot does that", error),
      ),
    );
  }

  /** @throws {Error} when another replica takes too long */
  async #inTurn<Result>(name: string, work: (lease: Lease) => Promise<Result>): Promise<Result> {
    const { leases, metrics, log } = this.#surroundings;
    const failed = (error: unknown) => log.error("The lease of Stripe's webhooks could not be renewed", error);
    let lease: Lease | undefined;
    try {
      lease = await takeTurn(leases, name, { durationMs: LEASE_MS, waitMs: WAIT_MS, failed });
      if (!lease) throw new Error(BUSY);
      const result = await work(lease);
      metrics.deeds.inc({ deed: name, outcome: "ok" });
      return result;
    } catch (error) {
      metrics.deeds.inc({ deed: name, outcome: "failed" });
      throw error;
    } finally {
      if (lease) await giveUp(lease, failed);
    }
  }

  /** While Ghost's own method runs, it reads the database and not its memory, and saves only what is its to say. */
  async #withFreshValues<Result>(
    manager: StripeWebhookManager,
    lease: Lease,
    work: () => Promise<Result>,
  ): Promise<Result> {
    const { database } = this.#surroundings;
    const own = manager.StripeWebhook;
    const get = () => storedEndpoint(database);
    const save = async (endpoint: StripeEndpoint) => {
      if (await lease.renew()) return own.save(endpoint);
      // this process hung, and another one had its turn: one endpoint is enough
      const { webhook_id } = await get();
      if (endpoint.webhook_id && endpoint.webhook_id !== webhook_id) {
        await manager.api.deleteWebhookEndpoint(endpoint.webhook_id);
      }
      throw new Error("Another replica has set up the webhooks of Stripe meanwhile");
    };
    manager.StripeWebhook = { get, save };
    try {
      return await work();
    } finally {
      manager.StripeWebhook = own;
    }
  }
}
