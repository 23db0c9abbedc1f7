import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { run } from "../src/command.ts";
import { VERSION } from "../src/version.ts";

async function invoke(argv: string[], env: Record<string, string> = {}, isTTY = false) {
  let stdout = "";
  let stderr = "";
  const to = (write: (text: string) => void) => ({ isTTY, columns: 80, write });
  const exitCode = await run(argv, {
    cwd: "/",
    env,
    stdout: to((text) => (stdout += text)),
    stderr: to((text) => (stderr += text)),
    signal: new AbortController().signal,
  });
  return { exitCode, stdout, stderr };
}

describe("the command line", () => {
  it.each([[], ["run"], ["list"], ["verify"], ["restore"], ["binlog"], ["bucket"]])(
    "explains %j with examples or codes",
    async (...argv) => {
      const { exitCode, stdout } = await invoke([...argv.flat(), "--help"]);
      expect(exitCode).toBe(0);
      expect(stdout).toMatch(argv.flat().length === 0 ? /Exit codes/ : /Examples:/);
    },
  );

  it("ends with 64 for what it does not understand", async () => {
    const thaws = [
      ["restore", "latest", "--tier", "fast"],
      ["verify", "latest", "--thaw-days", "0"],
    ];
    for (const argv of [
      ["runn"],
      ["run", "--fast"],
      ["restore", "--at", "noon"],
      ["restore", "--wait", "long"],
      ["bucket", "--policy", "owner"],
      ["restore", "latest", "--content-into", "a"],
      ["restore", "latest", "--content-only", "--into", "b"],
      ...thaws,
    ]) {
      expect((await invoke(argv)).exitCode, argv.join(" ")).toBe(64);
    }
  });

  it("lists all mistakes of the configuration, as one line of JSON where nobody watches", async () => {
    const { exitCode, stderr } = await invoke(["run"]);
    expect(exitCode).toBe(64);
    expect(JSON.parse(stderr)).toMatchObject({ level: "error", exitCode: 64, effect: "Nothing was done." });
  });

  it("says cause, effect and next step to a person", async () => {
    const { stderr } = await invoke(["run"], {}, true);
    expect(stderr).toContain("Error:");
    expect(stderr).toContain("BACKUP_BUCKET: missing");
    expect(stderr).toContain("Nothing was done.");
  });

  it("prints a policy without asking anybody", async () => {
    const env = { MYSQL_HOST: "m", MYSQL_USER: "u", BACKUP_BUCKET: "my-backups" };
    const { exitCode, stdout } = await invoke(["bucket", "--policy", "writer"], env);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout).Version).toBe("2012-10-17");
  });

  it("knows its version", () => {
    expect(VERSION).toBe(JSON.parse(readFileSync(join(import.meta.dirname, "../package.json"), "utf8")).version);
  });
});
