import type { Lease, Leases } from "../../src/database/leases.ts";
import type { EditableModel, ModelClass, Transaction } from "../../src/ghost/modules.ts";
import { createMetrics } from "../../src/health/metrics.ts";
import type { Surroundings } from "../../src/surroundings.ts";

/** Names that are held, by a token; taking a token's name away is what time does to a process that hangs. */
export class FakeLeases {
  readonly held = new Map<string, object>();
  /** Requests for a name, in order. */
  readonly asked: string[] = [];

  async acquire(name: string): Promise<Lease | undefined> {
    this.asked.push(name);
    if (this.held.has(name)) return undefined;
    const token = {};
    this.held.set(name, token);
    const ours = () => this.held.get(name) === token;
    return {
      name,
      get trusted() {
        return ours();
      },
      keep: () => {},
      renew: async () => ours(),
      fence: async () => ours(),
      release: async () => void (ours() && this.held.delete(name)),
    } as unknown as Lease;
  }

  async holder(name: string): Promise<string | undefined> {
    return this.held.has(name) ? "somebody" : undefined;
  }

  async heldBelow(prefix: string): Promise<string[]> {
    return [...this.held.keys()].filter((name) => name.startsWith(prefix));
  }

  /** Somebody else has the name from now on. */
  lose(name: string): void {
    this.held.set(name, {});
  }

  get asLeases(): Leases {
    return {
      acquire: (name: string) => this.acquire(name),
      holder: (name: string) => this.holder(name),
      held: (prefix: string) => this.heldBelow(prefix),
    } as unknown as Leases;
  }
}

/** Takes every statement. */
const transaction: Transaction = { raw: async () => [{ affectedRows: 0 }] };

/** A table of rows with a status, as Ghost's models give them. */
export function fakeModel(tableName: string, rows: Record<string, string>): ModelClass {
  return {
    prototype: { tableName },
    transaction: async (work) => {
      const before = { ...rows };
      try {
        return await work(transaction);
      } catch (error) {
        for (const id of Object.keys(rows)) if (!(id in before)) delete rows[id];
        Object.assign(rows, before);
        throw error;
      }
    },
    findOne: async ({ id }: { id?: string }) =>
      ({
        id,
        get: () => rows[String(id)],
        save: async ({ status }: { status?: string }) => void (rows[String(id)] = String(status)),
      }) as unknown as EditableModel,
  };
}

export function fakeSurroundings(modules: Record<string, unknown>, more: object = {}) {
  const leases = new FakeLeases();
  const lines: string[] = [];
  const line = (message: string) => void lines.push(message);
  const surroundings = {
    id: "one",
    leases: leases.asLeases,
    metrics: createMetrics(),
    log: { info: line, warn: line, error: (message: string, error: unknown) => line(`${message}: ${String(error)}`) },
    ghost: {
      use: (name: string) => modules[name],
      config: { get: () => undefined, getSiteUrl: () => "https://blog.example/" },
    },
    ...more,
  } as unknown as Surroundings;
  return { surroundings, leases, lines };
}
