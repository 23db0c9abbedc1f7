import { expect, test } from "vitest";
import { describeWith, helm } from "../needs.ts";
import { OWN } from "./chart.ts";
import { render, type Manifest } from "./render.ts";

const ports = ({ spec }: Manifest) => spec.ingress.map((rule: Manifest) => rule.ports[0].port);

const INGRESS = { enabled: true, className: "nginx" };

describeWith([helm], "the network of the chart", () => {
  test("has no Ingress and no HTTPRoute unless they are wanted", async () => {
    const manifests = await render();
    expect([...manifests.kind("Ingress"), ...manifests.kind("HTTPRoute")]).toEqual([]);
  });

  test("leads the host of the URL to Ghost, with a certificate that cert-manager is asked for once", async () => {
    const values = { ...OWN, ingress: { ...INGRESS, tls: { enabled: true, clusterIssuer: "letsencrypt" } } };
    const manifests = await render({ values });
    for (const [name, path] of [
      ["blog", "/"],
      ["blog-admin", "/ghost"],
    ] as const) {
      const { metadata, spec } = manifests.get("Ingress", name);
      const issuer = metadata.annotations["cert-manager.io/cluster-issuer"];
      expect(issuer).toBe(name === "blog" ? "letsencrypt" : undefined);
      expect(spec).toMatchObject({
        ingressClassName: "nginx",
        tls: [{ hosts: ["blog.example.com"], secretName: "blog-tls" }],
        rules: [{ host: "blog.example.com", http: { paths: [{ path, backend: { service: { name } } }] } }],
      });
    }
  });

  test("lets annotations of the values win over those that it knows of a controller", async () => {
    const limit = "nginx.ingress.kubernetes.io/proxy-body-size";
    const manifests = await render({ values: { ...OWN, ingress: { ...INGRESS, annotations: { [limit]: "50m" } } } });
    for (const { metadata } of manifests.kind("Ingress")) expect(metadata.annotations[limit]).toBe("50m");
    const known = await render({ values: { ...OWN, ingress: INGRESS } });
    for (const { metadata } of known.kind("Ingress")) expect(metadata.annotations[limit]).toBe("0");
  });

  test("keeps a session on one pod below /ghost only", async () => {
    const nginx = await render({ values: { ...OWN, ingress: INGRESS } });
    const affinity = "nginx.ingress.kubernetes.io/affinity";
    expect(nginx.get("Ingress", "blog-admin").metadata.annotations).toHaveProperty([affinity], "cookie");
    expect(nginx.get("Ingress", "blog").metadata.annotations).not.toHaveProperty([affinity]);
    const traefik = await render({ values: { ...OWN, ingress: { ...INGRESS, className: "traefik" } } });
    const sticky = "traefik.ingress.kubernetes.io/service.sticky.cookie";
    expect(traefik.get("Service", "blog-admin").metadata.annotations).toHaveProperty([sticky], "true");
    expect(traefik.get("Service", "blog").metadata).not.toHaveProperty("annotations");
  });

  test("has an HTTPRoute for a blog below a path", async () => {
    const { spec } = (await render({ files: ["ci/gateway-values.yaml"] })).get("HTTPRoute", "blog");
    expect(spec.hostnames).toEqual(["example.com"]);
    expect(spec.parentRefs).toEqual([{ name: "gateway", namespace: "infra", sectionName: "https" }]);
    expect(
      spec.rules.map(({ matches, backendRefs }: Manifest) => [matches[0].path.value, backendRefs[0].name]),
    ).toEqual([
      ["/blog/ghost", "blog-admin"],
      ["/blog", "blog"],
    ]);
    expect(spec.rules[0].sessionPersistence).toMatchObject({ type: "Cookie" });
    expect(spec.rules[1]).not.toHaveProperty("sessionPersistence");
  });

  test("lets in readers, Prometheus and helm test, and MySQL and MinIO be asked by this blog only", async () => {
    const manifests = await render();
    expect(ports(manifests.get("NetworkPolicy", "blog"))).toEqual(["http", "health"]);
    for (const name of ["blog-mysql", "blog-minio"]) {
      const [{ from }] = manifests.get("NetworkPolicy", name).spec.ingress;
      const { matchLabels } = from[0].podSelector;
      expect(manifests.pod.metadata.labels).toMatchObject(matchLabels);
      expect(manifests.get("Pod", "blog-check").metadata.labels).toMatchObject(matchLabels);
      expect(matchLabels).toHaveProperty(["app.kubernetes.io/part-of"], "blog");
      expect(from).toHaveLength(1);
    }
    const production = await render({ files: ["ci/production-values.yaml"] });
    const narrow = production.get("NetworkPolicy", "blog").spec;
    const [check, ingress] = narrow.ingress[0].from;
    expect(production.get("Pod", "blog-check").metadata.labels).toMatchObject(check.podSelector.matchLabels);
    expect(production.pod.metadata.labels).not.toMatchObject(check.podSelector.matchLabels);
    expect([ingress, ...narrow.ingress[1].from].every(({ namespaceSelector }) => namespaceSelector)).toBe(true);
    expect(narrow.policyTypes).toEqual(["Ingress"]);
    const closed = (await render({ files: ["ci/mixed-values.yaml"] })).get("NetworkPolicy", "journal").spec;
    expect(closed.policyTypes).toEqual(["Ingress", "Egress"]);
    expect((await render({ files: ["ci/gateway-values.yaml"] })).kind("NetworkPolicy")).toEqual([]);
  });

  test("tells cloud roles by the service account, which has no token", async () => {
    const { metadata, ...account } = (await render({ files: ["ci/production-values.yaml"] })).get(
      "ServiceAccount",
      "blog",
    );
    expect(metadata.annotations).toHaveProperty(["eks.amazonaws.com/role-arn"]);
    expect(account.automountServiceAccountToken).toBe(false);
    expect((await render({ files: ["ci/mixed-values.yaml"] })).kind("ServiceAccount")).toEqual([]);
  });
});
