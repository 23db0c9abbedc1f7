import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createMetrics } from "../../packages/replicas/src/health/metrics.ts";
import { describeWith, helm } from "../needs.ts";
import { CHART, render, type Manifest } from "./render.ts";

/** Names of figures in an expression. */
const figures = (text: string): string[] => text.match(/\b(ghost|nodejs|process)_[a-z0-9_]+/g) ?? [];

describeWith([helm], "monitoring", () => {
  test("is not made unless it is wanted", async () => {
    const kinds = new Set((await render()).all.map(({ kind }) => kind));
    for (const kind of ["ServiceMonitor", "PrometheusRule"]) expect(kinds).not.toContain(kind);
  });

  test("asks each pod", async () => {
    const manifests = await render({ files: ["ci/production-values.yaml"] });
    const { spec } = manifests.get("ServiceMonitor", "blog");
    const service = manifests.get("Service", "blog-pods");
    expect(service.metadata.labels).toMatchObject(spec.selector.matchLabels);
    expect(manifests.get("Service", "blog").metadata.labels).not.toMatchObject(spec.selector.matchLabels);
    expect(service.spec.ports.map(({ name }: Manifest) => name)).toContain(spec.endpoints[0].port);
  });

  test("speaks of figures that there are", async () => {
    const known = new Set(
      createMetrics()
        .registry.getMetricsAsArray()
        .flatMap(({ name }) => [name, `${name}_bucket`]),
    );
    const rules = (await render({ files: ["ci/production-values.yaml"] })).get("PrometheusRule", "blog");
    const alerts = rules.spec.groups.flatMap((group: Manifest) => group.rules);
    const dashboard = await readFile(join(CHART, "dashboards/ghost.json"), "utf8");
    const used = [...alerts.flatMap(({ expr }: Manifest) => figures(expr)), ...figures(dashboard)];
    expect(used.length).toBeGreaterThan(15);
    expect(used.filter((name) => !known.has(name))).toEqual([]);
    for (const { annotations } of alerts) expect(annotations.description.length).toBeGreaterThan(30);
  });
});
