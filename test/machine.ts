import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";

/** An engine that does not answer in this time would not start containers either. */
const PROBE_MS = 15_000;

const CHROMIUMS = [
  "chromium",
  "chromium-browser",
  "google-chrome",
  "google-chrome-stable",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** Whether a Docker engine answers; a client without an engine does not count. */
export function hasDocker(): boolean {
  const { status, stdout } = spawnSync("docker", ["info", "--format", "{{.ServerVersion}}"], {
    encoding: "utf8",
    timeout: PROBE_MS,
  });
  return status === 0 && /^\d/.test(stdout.trim());
}

/** A Chromium that starts: the one that CHROMIUM_PATH names, or one of the usual. */
export function findChromium(): string | undefined {
  const { CHROMIUM_PATH } = process.env;
  const folders = (process.env.PATH ?? "").split(delimiter);
  const usual = CHROMIUMS.flatMap((name) => (isAbsolute(name) ? [name] : folders.map((folder) => join(folder, name))));
  const candidates = CHROMIUM_PATH ? [CHROMIUM_PATH] : usual.filter((path) => existsSync(path));
  return candidates.find((path) => spawnSync(path, ["--version"], { stdio: "ignore", timeout: PROBE_MS }).status === 0);
}
