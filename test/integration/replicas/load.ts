import { setTimeout as sleep } from "node:timers/promises";
import type { Cluster } from "./cluster/cluster.ts";
import type { SiteApi } from "./cluster/site-api.ts";

export interface LoadReport {
  sent: number;
  /** Titles of the drafts that were written, each answered with success. */
  drafts: string[];
  /** What was asked, and what became of it, of all that was not answered with 2xx or 3xx. */
  failures: string[];
}

/** One request. Throws when the answer is no good one. */
type Ask = () => Promise<void>;

/** Visitors and an author of the site, through the balancer, over connections that they keep. */
export class Load {
  readonly #asks: Ask[];
  readonly #report: LoadReport = { sent: 0, drafts: [], failures: [] };
  readonly #open = new Set<Promise<void>>();
  readonly #timer: NodeJS.Timeout;

  private constructor(asks: Ask[], api: SiteApi, perSecond: number) {
    this.#asks = [...asks, () => this.#write(api)];
    this.#timer = setInterval(() => this.#send(), 1000 / perSecond);
  }

  /** Requests at a steady pace, however long the answers take. */
  static async start(cluster: Cluster, perSecond: number): Promise<Load> {
    const api = await cluster.api();
    const home = await (await fetch(cluster.url)).text();
    const asset = /href="([^"]*\/assets\/[^"]*\.css\?v=[^"]*)"/.exec(home)?.[1];
    if (!asset) throw new Error("The home page has no style sheet of its theme.");
    const pages = ["/", "/coming-soon/", "/rss/", "/sitemap-posts.xml", asset, "/ghost/"];
    const asks = pages.map((path) => () => visit(new URL(path, cluster.url).href));
    return new Load([...asks, () => read(api), () => visit(cluster.url)], api, perSecond);
  }

  /** Ends when all that was asked was answered. */
  async stop(): Promise<LoadReport> {
    clearInterval(this.#timer);
    while (this.#open.size > 0) await Promise.all(this.#open);
    return this.#report;
  }

  /** For at least so long, with what was asked answered in the end. */
  async for(ms: number): Promise<LoadReport> {
    await sleep(ms);
    return this.stop();
  }

  #send(): void {
    const ask = this.#asks[this.#report.sent % this.#asks.length];
    if (!ask) return;
    this.#report.sent += 1;
    const done = ask()
      .catch((error: unknown) => void this.#report.failures.push(String(error)))
      .finally(() => this.#open.delete(done));
    this.#open.add(done);
  }

  async #write(api: SiteApi): Promise<void> {
    const title = `Under load ${this.#report.sent}`;
    await api.draft(title);
    this.#report.drafts.push(title);
  }
}

async function visit(url: string): Promise<void> {
  const answer = await fetch(url, { redirect: "manual" }).catch((error: unknown) => {
    throw new Error(`${url} was not answered: ${String(error)}`);
  });
  await answer.arrayBuffer();
  if (answer.status >= 400) throw new Error(`${url} was answered with ${answer.status}`);
}

async function read(api: SiteApi): Promise<void> {
  await api.settings();
}
