import { spawnSync } from "node:child_process";
import * as vitest from "vitest";
import { findChromium, hasDocker } from "./machine.ts";

/** Something that a machine may lack. */
export interface Need {
  /** Stands in the title of what is skipped, and in the summary. */
  name: string;
  met: boolean;
}

/** Path of a Chromium, if there is one. */
export const chromiumPath = process.env.CHROMIUM ?? findChromium();

export const docker: Need = { name: "Docker", met: (process.env.HAS_DOCKER ?? (hasDocker() ? "1" : "0")) === "1" };

export const chromium: Need = { name: "Chromium", met: Boolean(chromiumPath) };

/** For what a test needs beyond these: a command that must exist. */
export function command(name: string): Need {
  return { name, met: spawnSync(name, ["--version"], { stdio: "ignore", timeout: 10_000 }).error === undefined };
}

export const helm = command("helm");

/**
 * A `describe` that is skipped where something is lacking; `npm test` says at its end what and how many.
 *
 *     describeWith([docker], "the contract on MinIO", () => { … });
 */
export function describeWith(needs: readonly Need[], title: string, tests: () => void): void {
  const lacking = needs.filter(({ met }) => !met).map(({ name }) => name);
  const reason = lacking.length > 0 ? ` [no ${lacking.join(", no ")}]` : "";
  vitest.describe.skipIf(lacking.length > 0)(title + reason, tests);
}
