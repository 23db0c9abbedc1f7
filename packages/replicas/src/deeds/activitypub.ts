import type { ActivityPubService } from "../ghost/modules.ts";
import type { Surroundings } from "../surroundings.ts";
import type { Leadership } from "./leadership.ts";

/** The setting is read from memory, where the reload of settings has put it. */
const LOOK_MS = 1000;

/** Ghost's webhooks for ActivityPub: published, deleted, unpublished, edited. */
const WEBHOOKS = 4;

/** So often Ghost's own check at boot is made, which compares the secret as well. */
const CHECK_MS = 60 * 60 * 1000;

/**
 * The set-up of ActivityPub, which deletes and makes webhooks and tells Ghost's social service: by the leader, once for
 * each change of the setting, through whatever replica it was made.
 */
export class ActivityPub {
  readonly #surroundings: Surroundings;
  readonly #leadership: Leadership;
  /** What Ghost's own methods were before they were silenced. */
  #methods: ActivityPubService | undefined;
  /** The state this leader has brought about; undefined at the beginning of its term. */
  #done: boolean | undefined;
  #timer: NodeJS.Timeout | undefined;
  #looking = false;

  constructor(surroundings: Surroundings, leadership: Leadership) {
    this.#surroundings = surroundings;
    this.#leadership = leadership;
  }

  /** Ghost calls them in every process: at boot, and where the setting was changed. */
  install(): void {
    const { prototype } = this.#surroundings.ghost.use("activityPub").ActivityPubService;
    this.#methods = { enable: prototype.enable, disable: prototype.disable };
    prototype.enable = async () => {};
    prototype.disable = async () => {};
  }

  start(): void {
    this.#leadership.onGained(() => {
      this.#done = undefined;
    });
    this.#timer = setInterval(() => void this.look(), LOOK_MS);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async look(): Promise<void> {
    const { ghost, metrics, log } = this.#surroundings;
    const wanted = Boolean(ghost.use("settingsCache").get("social_web_enabled"));
    if (this.#looking || !this.#leadership.held || wanted === this.#done) return;
    this.#looking = true;
    try {
      if (!(await this.#leadership.confirm()) || !(await this.#bringAbout(wanted))) return;
      this.#done = wanted;
      metrics.deeds.inc({ deed: "activitypub", outcome: "ok" });
    } catch (error) {
      metrics.deeds.inc({ deed: "activitypub", outcome: "failed" });
      log.error("ActivityPub could not be set up", error);
    } finally {
      this.#looking = false;
    }
  }

  /** False when Ghost's part of it is not made yet. */
  async #bringAbout(wanted: boolean): Promise<boolean> {
    const service = this.#surroundings.ghost.use("activityPubWrapper").instance;
    if (!service || !this.#methods) return false;
    // a new leader finds what its predecessor has done, and does what it has not
    if (this.#done === undefined && (await this.#isInOrder(wanted))) return true;
    await (wanted ? this.#methods.enable : this.#methods.disable).call(service);
    return true;
  }

  async #isInOrder(wanted: boolean): Promise<boolean> {
    const { database, leases, ghost } = this.#surroundings;
    const { config } = ghost;
    const target = new URL(".ghost/activitypub/v1/webhooks/", config.getSiteUrl()).href;
    const found = await database.rows<{ target_url: string }>(
      `SELECT w.target_url FROM webhooks w JOIN integrations i ON i.id = w.integration_id
       WHERE i.slug = 'ghost-activitypub' AND i.type = 'internal'`,
    );
    if (!wanted) return found.length === 0;
    // held until its hour is over: nobody gives it up
    if (await leases.acquire("hourly:activitypub", CHECK_MS)) return false;
    return found.length === WEBHOOKS && found.every(({ target_url }) => target_url.startsWith(target));
  }
}
