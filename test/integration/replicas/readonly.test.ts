import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWith, docker } from "../../needs.ts";
import type { Cluster } from "./cluster/cluster.ts";
import { Ground } from "./cluster/ground.ts";
import { answersWell } from "./cluster/probe.ts";
import { startReadOnly, type ReadOnlyReplica } from "./cluster/read-only.ts";
import { eventually } from "./eventually.ts";
import { answerEverywhere, showEverywhere } from "./everywhere.ts";
import { routes } from "./routes.ts";
import { makeTheme } from "./themes.ts";

const README = join(import.meta.dirname, "../../../packages/replicas/README.md");

const BOOT_MS = 60_000;

/** More than Ghost imports while the browser waits. */
const IMPORTED = 501;

const IMPORT_MS = 60_000;

describeWith([docker], "a replica on a file system that it can read only", () => {
  let ground: Ground;
  let cluster: Cluster;
  let replica: ReadOnlyReplica | undefined;

  beforeAll(async () => {
    ground = await Ground.make();
    cluster = await ground.cluster({ replicas: 1 });
  });

  afterAll(async () => {
    await replica?.stop();
    await ground?.stop();
  });

  test("needs no more than the folders that are documented", async () => {
    const folders = await documentedFolders();
    expect(folders.length).toBeGreaterThan(0);
    replica = await startReadOnly(cluster, folders);
    const { healthPort, log } = replica;
    await eventually("it is ready", () => answersWell(`http://127.0.0.1:${healthPort}/readyz`), BOOT_MS).catch(
      (error: unknown) => {
        throw new Error(`The container said:\n${log()}`, { cause: error });
      },
    );
    expect(await page(cluster, replica, "/")).toContain("<title>A blog</title>");
    const here = (await cluster.api()).at(replica.url);
    const there = await cluster.api(0);
    await here.uploadTheme(makeTheme("from-the-container"));
    await there.activateTheme("from-the-container");
    await showEverywhere(cluster, "/", "marker: from-the-container");
    await eventually("the theme in the container", async () => {
      return (await page(cluster, replica!, "/")).includes("marker: from-the-container");
    });
    await here.uploadRedirects([{ from: "/old", to: "/new", permanent: false }]);
    await here.uploadRoutes(routes("/moved/"));
    await answerEverywhere(cluster, "/old/", 302);
    await answerEverywhere(cluster, "/moved/", 200);
    await here.importMembers(["email", ...addresses(IMPORTED)].join("\n"));
    await eventually("all members are there", async () => (await members(cluster)) === IMPORTED, IMPORT_MS);
  });
});

/** In the section on use: the folders that have to be writable, each in backticks. */
async function documentedFolders(): Promise<string[]> {
  const use = /^## Use\n(.*?)^## /ms.exec(await readFile(README, "utf8"))?.[1] ?? "";
  const sentence = /writable[^:]*:([^.]*)\./s.exec(use)?.[1] ?? "";
  return [...sentence.matchAll(/`([^`]+)`/g)].map(([, folder]) => folder!);
}

function addresses(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `reader-${index}@example.com`);
}

async function members({ database }: Cluster): Promise<number> {
  const [row] = await database.query("SELECT COUNT(*) AS count FROM members");
  return Number(row?.count);
}

async function page(cluster: Cluster, { url }: ReadOnlyReplica, path: string): Promise<string> {
  const { host } = new URL(cluster.url);
  return (await fetch(`${url}${path}`, { headers: { host, "x-forwarded-proto": "https" } })).text();
}
