import { createHmac, randomBytes } from "node:crypto";
import { startSinkServer, type Answer, type Call } from "./server.ts";

/** Begins as Stripe's own do; by `test` Ghost sees that no money moves. */
export const STRIPE_KEYS = { stripe_secret_key: "sk_test_Ghost1", stripe_publishable_key: "pk_test_Ghost1" };

/** Shapes of events differ with it; Ghost registers its endpoint for this one. */
const API_VERSION = "2020-08-27";

/** What ids begin with, by the path of the objects. */
const PREFIXES: Record<string, string> = {
  "billing_portal/configurations": "bpc",
  "checkout/sessions": "cs_test",
  coupons: "co",
  customers: "cus",
  prices: "price",
  products: "prod",
  webhook_endpoints: "we",
};

// What an object holds is what was sent to make it.
export type StripeObject = { id: string } & Record<string, any>;

export interface StripeCall {
  at: number;
  method: string;
  /** Behind `/v1/`. */
  path: string;
  params: Record<string, any>;
}

export interface SignedEvent {
  method: string;
  headers: Record<string, string>;
  body: string;
}

/** Stands in for Stripe: keeps objects of any kind, and signs events as Stripe does. */
export class Stripe {
  readonly calls: StripeCall[] = [];
  readonly #kinds = new Map<string, Map<string, StripeObject>>();
  #made = 0;
  #server: Awaited<ReturnType<typeof startSinkServer>> | undefined;

  static async start(): Promise<Stripe> {
    const stripe = new Stripe();
    stripe.#server = await startSinkServer((call) => stripe.#answer(call));
    return stripe;
  }

  /** What Ghost's configuration says so that Ghost asks here. */
  get config(): object {
    return { STRIPE_API_HOST: "127.0.0.1", STRIPE_API_PORT: this.#server?.port, STRIPE_API_PROTOCOL: "http" };
  }

  /** All that exist of a kind, such as `webhook_endpoints` or `checkout/sessions`. */
  objects(kind: string): StripeObject[] {
    return [...(this.#kinds.get(kind)?.values() ?? [])];
  }

  /** An event as a request to an endpoint, signed with that endpoint's secret: by default the only one that exists. */
  signed(type: string, object: object, secret = this.#onlySecret()): SignedEvent {
    this.#made += 1;
    const event = { id: `evt_${this.#made}`, object: "event", api_version: API_VERSION, type, data: { object } };
    const body = JSON.stringify(event);
    const time = Math.floor(Date.now() / 1000);
    const signature = createHmac("sha256", secret).update(`${time}.${body}`).digest("hex");
    return {
      method: "POST",
      headers: { "content-type": "application/json", "stripe-signature": `t=${time},v1=${signature}` },
      body,
    };
  }

  async close(): Promise<void> {
    await this.#server?.close();
  }

  #answer(call: Call): Answer {
    const path = call.url.pathname.replace(/^\/v1\//, "");
    const params = unflattened(
      call.method === "GET" ? call.url.searchParams : new URLSearchParams(call.body.toString()),
    );
    this.calls.push({ at: Date.now(), method: call.method, path, params });
    const kind = Object.keys(PREFIXES).find((name) => path === name || path.startsWith(`${name}/`));
    if (kind === undefined) return missing(path);
    const id = path.slice(kind.length + 1);
    const objects = this.#kinds.get(kind) ?? new Map<string, StripeObject>();
    this.#kinds.set(kind, objects);
    // a search finds nobody: each member is a customer of its own
    if (id === "search") return list([]);
    if (id === "") return call.method === "POST" ? this.#make(kind, objects, params) : list([...objects.values()]);
    const object = objects.get(id);
    if (!object) return missing(id);
    if (call.method === "DELETE") objects.delete(id);
    if (call.method === "POST") Object.assign(object, params);
    // the secret is told once, when the endpoint is made
    const { secret: _, ...told } = object;
    return { body: call.method === "DELETE" ? { id, deleted: true } : told };
  }

  #make(kind: string, objects: Map<string, StripeObject>, params: Record<string, any>): Answer {
    this.#made += 1;
    const id = `${PREFIXES[kind]}_${this.#made}`;
    const object: StripeObject = { id, object: kind.split("/").at(-1)?.slice(0, -1), active: true, ...params };
    if (kind === "webhook_endpoints") object.secret = `whsec_${randomBytes(8).toString("hex")}`;
    if (kind === "checkout/sessions") object.url = `https://checkout.stripe.com/c/pay/${id}`;
    objects.set(id, object);
    return { body: object };
  }

  #onlySecret(): string {
    const [endpoint, ...others] = this.objects("webhook_endpoints");
    if (!endpoint || others.length > 0) throw new Error(`There are ${others.length + (endpoint ? 1 : 0)} endpoints.`);
    return endpoint.secret;
  }
}

function list(data: StripeObject[]): Answer {
  return { body: { object: "list", data, has_more: false } };
}

function missing(what: string): Answer {
  const error = { type: "invalid_request_error", code: "resource_missing", message: `No such object: '${what}'` };
  return { status: 404, body: { error } };
}

/** `a[b]=1&list[0]=2` as Stripe reads it. */
function unflattened(form: URLSearchParams): Record<string, any> {
  const tree: Record<string, any> = {};
  for (const [name, value] of form) {
    const path = name.split(/[[\]]+/).filter(Boolean);
    const last = path.pop() ?? name;
    let place = tree;
    for (const [index, key] of path.entries()) {
      const next = path[index + 1] ?? last;
      place = place[key] ??= /^\d+$/.test(next) ? [] : {};
    }
    place[last] = path[0] === "metadata" ? value : typed(last, value);
  }
  return tree;
}

/** Forms know only texts; Stripe's answers have types, and currencies in small letters. */
function typed(name: string, value: string): unknown {
  if (name === "currency") return value.toLowerCase();
  if (value === "true" || value === "false") return value === "true";
  return /^\d+$/.test(value) ? Number(value) : value;
}
