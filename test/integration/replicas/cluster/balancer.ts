import { once } from "node:events";
import { Agent, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { forward } from "./forward.ts";
import { acceptsConnections, ask } from "./probe.ts";
import { CERTIFICATE, SITE_NAME } from "./site-name.ts";

/** Where a replica takes requests, and how it is known that it does. */
export interface Target {
  port: number;
  /** Asked for `/readyz`; without it a replica that accepts connections is ready. */
  healthPort: number | undefined;
}

export interface BalancerCounts {
  requests: number;
  /** Answers by status. */
  statuses: Record<number, number>;
  /** Answers that are neither 2xx nor 3xx. */
  refused: number;
  /** Requests that got no answer, or half of one. */
  broken: number;
  /** Requests for which no replica was ready. */
  unserved: number;
}

/** A fortieth of Kubernetes' usual period: what takes it 10 s shall take a test a moment. */
const PROBE_MS = 250;

/** Longer than a test's client keeps an idle connection, so that it is never the balancer that closes first. */
const KEEP_ALIVE_MS = 120_000;

/** Kubernetes' default: a machine that is busy for a moment does not take all replicas out of service. */
const LATE_TIMES = 3;

interface Member extends Target {
  ready: boolean;
  /** Probes in a row that were not answered in time. */
  late: number;
  agent: Agent;
}

/** A reverse proxy without stickiness: each request to the next replica that is ready. It tries nothing twice. */
export class Balancer {
  readonly port: number;
  /** Where visitors find the site. */
  readonly url: string;
  readonly #server: Server;
  readonly #members = new Map<Target, Member>();
  #counts = noCounts();
  #turn = 0;
  #watching = true;

  private constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    this.url = `https://${SITE_NAME}:${this.port}`;
  }

  /** `elsewhere`: paths that lead to another server, by their beginning. */
  static async start(elsewhere: Record<string, URL> = {}): Promise<Balancer> {
    const server = createServer({ ...CERTIFICATE, requestTimeout: 0, keepAliveTimeout: KEEP_ALIVE_MS });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const balancer = new Balancer(server);
    const answer = (incoming: IncomingMessage, response: ServerResponse) => {
      if (incoming.headers.expect !== undefined) response.writeContinue();
      const other = Object.entries(elsewhere).find(([beginning]) => incoming.url?.startsWith(beginning));
      if (other) void forward(incoming, response, { port: Number(other[1].port) });
      else void balancer.#answer(incoming, response);
    };
    server.on("request", answer);
    server.on("checkContinue", answer);
    return balancer;
  }

  add(target: Target): void {
    const member = { ...target, ready: false, late: 0, agent: new Agent({ keepAlive: true }) };
    this.#members.set(target, member);
    void this.#watch(target, member);
  }

  remove(target: Target): void {
    this.#members.get(target)?.agent.destroy();
    this.#members.delete(target);
  }

  /** Ports of the replicas that are used now. */
  ready(): number[] {
    return [...this.#members.values()].filter(({ ready }) => ready).map(({ port }) => port);
  }

  /** Since the start or the last `reset`. */
  counts(): BalancerCounts {
    return structuredClone(this.#counts);
  }

  reset(): void {
    this.#counts = noCounts();
  }

  /** Whether the replicas are asked if they are ready; as long as not, they stay what they are. */
  watch(watching: boolean): void {
    this.#watching = watching;
  }

  /** Refuses all connections until `up`. */
  async down(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async up(): Promise<void> {
    this.#server.listen(this.port, "127.0.0.1");
    await once(this.#server, "listening");
  }

  async close(): Promise<void> {
    for (const target of this.#members.keys()) this.remove(target);
    await this.down();
  }

  async #answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const counts = this.#counts;
    counts.requests += 1;
    const ready = [...this.#members.values()].filter((member) => member.ready);
    this.#turn += 1;
    const member = ready[this.#turn % ready.length];
    if (!member) {
      counts.unserved += 1;
      response.writeHead(503, { connection: "close" }).end("no replica is ready\n");
      return;
    }
    const outcome = await forward(incoming, response, member);
    if (outcome === "broken") counts.broken += 1;
    if (typeof outcome !== "number") return;
    counts.statuses[outcome] = (counts.statuses[outcome] ?? 0) + 1;
    if (outcome >= 400) counts.refused += 1;
  }

  /** Asks again and again until the replica is removed. */
  async #watch(target: Target, member: Member): Promise<void> {
    if (this.#members.get(target) !== member) return;
    const { port, healthPort } = member;
    if (!this.#watching) {
      // looked at again when it is wanted
    } else if (healthPort === undefined) member.ready = await acceptsConnections(port);
    else this.#judge(member, await ask(`http://127.0.0.1:${healthPort}/readyz`));
    setTimeout(() => void this.#watch(target, member), PROBE_MS).unref();
  }

  #judge(member: Member, answer: Awaited<ReturnType<typeof ask>>): void {
    member.late = answer === "late" ? member.late + 1 : 0;
    if (answer !== "late" || member.late >= LATE_TIMES) member.ready = answer === "well";
  }
}

function noCounts(): BalancerCounts {
  return { requests: 0, statuses: {}, refused: 0, broken: 0, unserved: 0 };
}
