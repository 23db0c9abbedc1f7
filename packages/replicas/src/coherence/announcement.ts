import { Rounds } from "../rounds.ts";
import type { Surroundings } from "../surroundings.ts";

/** What could not be announced is tried again so often. */
const RETRY_MS = 1000;

/** Tells the other replicas that something has changed, and nothing of what: their next look finds a new version. */
export class Announcement {
  readonly #name: string;
  readonly #surroundings: Surroundings;
  readonly #rounds: Rounds;
  /** How many changes there were here, and how many of them the other replicas can know of. */
  #changes = 0;
  #announced = 0;

  constructor(name: string, surroundings: Surroundings) {
    this.#name = name;
    this.#surroundings = surroundings;
    this.#rounds = new Rounds({
      failure: `A change of the ${name} could not be announced to the other replicas`,
      everyMs: RETRY_MS,
      work: () => this.#announce(),
      log: surroundings.log,
    });
  }

  start(): void {
    this.#rounds.start();
  }

  /** There is a change; it is announced as soon as the database takes it. */
  make(): void {
    this.#changes += 1;
    void this.#rounds.anew();
  }

  /** Announces what is not announced yet, for the last time. */
  async settle(): Promise<void> {
    await this.#rounds.anew();
    await this.#rounds.stop();
  }

  async #announce(): Promise<void | "idle"> {
    const changes = this.#changes;
    if (changes === this.#announced) return "idle";
    const { database, id } = this.#surroundings;
    await database.change(
      `INSERT INTO replicas_versions (name, version, changed_by, changed_at) VALUES (?, 1, ?, UTC_TIMESTAMP(3))
       ON DUPLICATE KEY UPDATE version = version + 1, changed_by = ?, changed_at = UTC_TIMESTAMP(3)`,
      [this.#name, id, id],
    );
    this.#announced = changes;
  }
}
