import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWith, docker } from "../../needs.ts";
import { startProxy } from "../../network/proxy.ts";
import type { Cluster } from "./cluster/cluster.ts";
import { Ground } from "./cluster/ground.ts";
import type { Replica } from "./cluster/replica.ts";
import { eventually } from "./eventually.ts";
import { everywhere, SOON_MS } from "./everywhere.ts";
import { healthOf, leaderOf } from "./health.ts";
import { Load } from "./load.ts";
import { makeTheme } from "./themes.ts";

/** Many times what the balancer needs to see that a replica is not ready. */
const DRAIN_DELAY_MS = 2000;

const REQUESTS_PER_SECOND = 40;

/** 80 kB in a second at most, as over a bad line. */
const SLOW_LINE = { rtt: 1000, windowBytes: 80_000 };

/** Six seconds over that line: longer than the replica takes requests. */
const UPLOAD_BYTES = 480_000;

describeWith([docker], "a replica that is told to end", () => {
  let ground: Ground;
  let cluster: Cluster;

  beforeAll(async () => {
    ground = await Ground.make();
    cluster = await ground.cluster({ replicaConfig: { drainDelay: DRAIN_DELAY_MS } });
  });

  afterAll(() => ground?.stop());

  test("is one of three that are restarted in turn, and no visitor and no author notices (23)", async () => {
    cluster.balancer.reset();
    const load = await Load.start(cluster, REQUESTS_PER_SECOND);
    for (const replica of cluster.replicas) {
      expect(await replica.stop()).toEqual({ code: 0, signal: null });
      await replica.start();
      await cluster.ready();
    }
    const { sent, drafts, failures } = await load.stop();
    expect(failures).toEqual([]);
    const { requests, refused, broken, unserved } = cluster.balancer.counts();
    expect({ refused, broken, unserved }).toEqual({ refused: 0, broken: 0, unserved: 0 });
    expect(requests).toBeGreaterThanOrEqual(sent);
    // three restarts take longer than that, and the pace was kept
    expect(sent).toBeGreaterThan(3 * (DRAIN_DELAY_MS / 1000) * REQUESTS_PER_SECOND);
    const rows = await cluster.database.query("SELECT title FROM posts WHERE title LIKE 'Under load %'");
    expect(rows.map(({ title }) => title).toSorted()).toEqual(drafts.toSorted());
  });

  test("is not ready at once, answers on, hands the leadership over and ends well (23)", async () => {
    const leader = await leaderOf(cluster);
    const began = performance.now();
    const ended = leader.stop();
    await eventually("it says that it is not ready", async () => (await healthOf(leader)).status === 503, 500);
    expect((await healthOf(leader)).reasons).toEqual({ draining: expect.any(String) });
    const { answers, lasted } = await askUntilRefused(leader, began);
    expect(answers.length).toBeGreaterThan(20);
    expect(answers.filter(({ status, connection }) => status !== 200 || connection !== "close")).toEqual([]);
    expect(lasted).toBeGreaterThan(DRAIN_DELAY_MS - 100);
    // sooner than a lease that nobody gives up would end
    await eventually(
      "another one leads",
      async () => (await leaderAmongOthers(cluster, leader)) !== undefined,
      SOON_MS,
    );
    expect(performance.now() - began).toBeLessThan(5000);
    expect(await ended).toEqual({ code: 0, signal: null });
    await leader.start();
    await cluster.ready();
  });

  test("completes an upload that is slow (23)", async () => {
    const [first] = cluster.replicas;
    const line = await startProxy({ target: first!.url, ...SLOW_LINE });
    const upload = (await cluster.api()).at(line.url).uploadTheme(makeTheme("slow", { ballast: UPLOAD_BYTES }));
    await eventually("a part of it is there", () => line.stats().uploaded > SLOW_LINE.windowBytes);
    const ended = first!.stop();
    await eventually("the replica takes nothing new", () => isRefused(first!), DRAIN_DELAY_MS + SOON_MS);
    expect(line.stats().uploaded).toBeLessThan(UPLOAD_BYTES);
    await upload;
    expect(await ended).toEqual({ code: 0, signal: null });
    await everywhere(cluster, "the theme", async ({ index }) => {
      return (await (await cluster.api(index)).list("themes")).some(({ name }) => name === "slow");
    });
    await line.close();
  });
});

interface Answer {
  status: number;
  connection: string | null;
}

/** Asks again and again; tells what was answered, and when the first connection was refused. */
async function askUntilRefused(replica: Replica, since: number): Promise<{ answers: Answer[]; lasted: number }> {
  const answers: Answer[] = [];
  try {
    for (;;) {
      const answer = await replica.get("/");
      await answer.arrayBuffer();
      answers.push({ status: answer.status, connection: answer.headers.get("connection") });
      await sleep(20);
    }
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return { answers, lasted: performance.now() - since };
  }
}

function isRefused(replica: Replica): Promise<boolean> {
  return replica.text("/").then(() => false, isRefusal);
}

function isRefusal(error: unknown): boolean {
  return ((error as Error).cause as { code?: string } | undefined)?.code === "ECONNREFUSED";
}

async function leaderAmongOthers(cluster: Cluster, former: Replica): Promise<Replica | undefined> {
  for (const replica of cluster.replicas) {
    if (replica !== former && (await healthOf(replica)).leader) return replica;
  }
  return undefined;
}
