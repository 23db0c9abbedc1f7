import { readdirSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { expect, test } from "vitest";
import { describeWith, helm } from "../needs.ts";
import { CHART, render } from "./render.ts";

const SCENARIOS = readdirSync(join(CHART, "ci")).map((name) => `ci/${name}`);

const VERSIONS = Array.from({ length: 8 }, (_, index) => `1.${30 + index}.0`);

describeWith([helm], "the chart", () => {
  test("has no mistake that Helm knows", async () => {
    const files = SCENARIOS.flatMap((name) => ["--values", join(CHART, name)]);
    const { stdout } = await execa("helm", ["lint", "--strict", CHART, "--values", join(CHART, SCENARIOS[0]!)]);
    expect(files).not.toHaveLength(0);
    expect(stdout).toContain("0 chart(s) failed");
  });

  test.each(SCENARIOS)("renders %s for each Kubernetes from 1.30 to 1.37, the same", async (name) => {
    const [first, ...others] = await Promise.all(VERSIONS.map((kubeVersion) => render({ files: [name], kubeVersion })));
    const names = ({ all }: typeof first & object) => all.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    expect(names(first!)).toContain(`Deployment ${name.includes("mixed") ? "journal" : "blog"}`);
    for (const other of others) expect(names(other)).toEqual(names(first!));
  });

  test("is refused by older ones", async () => {
    await expect(render({ kubeVersion: "1.29.0" })).rejects.toThrow("requires kubeVersion: >=1.30.0-0");
  });
});
