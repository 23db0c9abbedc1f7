/** One condition for requests; a text says why it is not met. */
export type Condition = () => string | undefined;

export interface ReadinessState {
  readonly ready: boolean;
  /** Why not, by condition; empty when ready. */
  readonly reasons: Record<string, string>;
  readonly [fact: string]: unknown;
}

/** Whether this replica takes requests, and if not, why. */
export class Readiness {
  readonly #conditions = new Map<string, Condition>();
  readonly #facts: () => object;

  /** @param facts what else a person wants to see beside the answer */
  constructor(facts: () => object = () => ({})) {
    this.#facts = facts;
  }

  require(name: string, condition: Condition): void {
    this.#conditions.set(name, condition);
  }

  state(): ReadinessState {
    const reasons: Record<string, string> = {};
    for (const [name, condition] of this.#conditions) {
      const reason = condition();
      if (reason !== undefined) reasons[name] = reason;
    }
    return { ready: Object.keys(reasons).length === 0, reasons, ...this.#facts() };
  }
}
