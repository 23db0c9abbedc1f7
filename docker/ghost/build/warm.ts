/**
 * Starts Ghost in the image that is being built, on SQLite, and asks it for a few pages: what V8 compiles for that is kept
 * in NODE_COMPILE_CACHE, and which file each `require` led to in resolutions.json, for all starts of the image to come.
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const SITE = "http://localhost:2368";

/** What a reader, an author and a feed reader ask for first. */
const PAGES = ["/", "/coming-soon/", "/rss/", "/sitemap.xml", "/ghost/", "/ghost/api/admin/site/", "/none/"];

const READY_MS = 180_000;

/** Over what is baked into the image. */
const SETTINGS = {
  url: SITE,
  database__client: "better-sqlite3",
  database__connection__filename: "/tmp/ghost.db",
  storage__s3__bucket: "none",
  storage__s3__region: "us-east-1",
  replicas__stateless: "false",
  replicas__drainDelay: "0",
  // nobody is told of a blog that is gone in a moment
  privacy__useTinfoil: "true",
  updateCheck__url: SITE,
  explore__update_url: "",
};

/** With MySQL instead of SQLite these are loaded too; the dialect is found from the package that it is part of. */
const ON_MYSQL = `
  const { createRequire } = require("node:module");
  const ghost = createRequire("/var/lib/ghost/current/package.json");
  for (const id of ["mysql2", "mysql2/promise", "sharp"]) ghost(id);
  createRequire(ghost.resolve("knex"))("./lib/dialects/mysql2");
`;

/** Only replicas on MySQL do this by themselves. */
function placeThemes(): void {
  const [shipped, themes] = ["/var/lib/ghost/current/content/themes", "/var/lib/ghost/content/themes"] as const;
  mkdirSync(themes);
  for (const theme of readdirSync(shipped)) symlinkSync(join(shipped, theme), join(themes, theme));
}

placeThemes();
const RECORD = ["--require", "/build/record-resolutions.cjs"];

const ghost = spawn(process.execPath, [...RECORD, "ghost-replica"], {
  env: { ...process.env, ...SETTINGS },
  stdio: "inherit",
});
const ended = once(ghost, "exit") as Promise<[number | null, string | null]>;

for (const deadline = Date.now() + READY_MS; !(await isReady()); await sleep(100)) {
  if (ghost.exitCode !== null) throw new Error(`Ghost ended while it started, with exit code ${ghost.exitCode}.`);
  if (Date.now() > deadline) throw new Error(`Ghost was not ready after ${READY_MS / 1000} s.`);
}
for (const page of PAGES) {
  const { status } = await fetch(SITE + page, { redirect: "manual" });
  process.stdout.write(`${page} ${status}\n`);
}
ghost.kill("SIGTERM");
const [code, signal] = await ended;
if (code !== 0) throw new Error(`Ghost did not end well: ${code ?? signal}.`);

const { status } = spawnSync(process.execPath, [...RECORD, "--eval", ON_MYSQL], { stdio: "inherit" });
if (status !== 0) throw new Error("What Ghost needs for MySQL could not be loaded.");

function isReady(): Promise<boolean> {
  return fetch("http://127.0.0.1:9417/readyz").then(
    ({ ok }) => ok,
    () => false,
  );
}
