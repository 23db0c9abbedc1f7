import { expect, test } from "vitest";
import { describeWith, helm } from "../needs.ts";
import { OWN } from "./chart.ts";
import { refusal, render, type Manifest } from "./render.ts";

/** The chart's own MinIO. */
const STORE = { bucket: "blog", region: "us-east-1", endpoint: "http://blog-minio:9000", forcePathStyle: "true" };

const variables = (block: string, options: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(options).map(([name, value]) => [`${block}__${name}`, value]));

const env = (pod: Manifest): Record<string, Manifest> =>
  Object.fromEntries(pod.spec.containers[0].env.map((variable: Manifest) => [variable.name, variable]));

/** Secrets by the file that holds them: name and key. */
const secretFiles = ({ spec }: Manifest): Record<string, [string, string]> => {
  const { projected } = spec.volumes.find(({ name }: Manifest) => name === "secrets");
  return Object.fromEntries(
    projected.sources.map(({ secret }: Manifest) => [secret.items[0].path, [secret.name, secret.items[0].key]]),
  );
};

describeWith([helm], "Ghost's configuration", () => {
  test("without values is that of a blog with MySQL and MinIO in the cluster", async () => {
    expect((await render()).config).toEqual({
      url: "http://localhost:8080",
      database__client: "mysql",
      database__connection__host: "blog-mysql",
      database__connection__port: "3306",
      database__connection__user: "ghost",
      database__connection__database: "ghost",
      ...variables("storage__s3", STORE),
      ...variables("replicas", STORE),
      mail__transport: "stub",
      security__staffDeviceVerification: "false",
    });
  });

  test("with a CDN tells the storage adapter", async () => {
    const { config } = await render({ values: { ...OWN, cdnUrl: "https://cdn.example.com" } });
    expect(config.storage__s3__cdnUrl).toBe("https://cdn.example.com");
    expect(config).not.toHaveProperty("replicas__cdnUrl");
  });

  test("has themes in a bucket of their own when there is one", async () => {
    const { config } = await render({ files: ["ci/production-values.yaml"] });
    expect(config.storage__s3__bucket).toBe("blog-content");
    expect(config.replicas__bucket).toBe("blog-private");
    expect(config.replicas__region).toBe("eu-central-1");
    expect(config).not.toHaveProperty("replicas__endpoint");
  });

  test("takes more options, and settings of Ghost's own over those of the chart", async () => {
    const ghost = { config: { logging: { transports: ["stdout", "file"] }, url: "https://other.example.com" } };
    const { config } = await render({ values: { ...OWN, ghost } });
    expect(config.logging__transports).toBe('["stdout","file"]');
    expect(config.url).toBe("https://other.example.com");
    const more = (await render({ files: ["ci/gateway-values.yaml"] })).config;
    expect(more).toMatchObject({ replicas__pollInterval: "250", privacy__useTinfoil: "true" });
    expect(more.storage__s3__variants__sizes).toBe('["w600"]');
  });

  test("holds no secret: they come as files from Secrets, each named by a variable", async () => {
    const manifests = await render({ files: ["ci/production-values.yaml"] });
    expect(JSON.stringify(manifests.config)).not.toMatch(/password|secret|pass"/i);
    const files = secretFiles(manifests.pod);
    expect(files).toEqual({
      database__connection__password: ["blog-database", "password"],
      database__connection__ssl__ca: ["rds-authority", "ca.crt"],
      mail__options__auth__pass: ["blog-mail", "password"],
    });
    const given = env(manifests.pod);
    const { mountPath } = manifests.pod.spec.containers[0].volumeMounts.find(
      ({ name }: Manifest) => name === "secrets",
    );
    for (const name of Object.keys(files)) expect(given[`${name}_FILE`].value).toBe(`${mountPath}/${name}`);
    // a role, no keys
    expect(given).not.toHaveProperty("AWS_ACCESS_KEY_ID");
    expect(manifests.kind("Secret")).toEqual([]);
  });

  test("says a text that reads as JSON as JSON, which Ghost takes it for", async () => {
    const texts = { digits: "20240711", yes: "true", list: "[1", quoted: '"a" b', plain: "a, b: c" };
    const { config } = await render({
      values: { ...OWN, database: { ...OWN.database, name: "2024" }, ghost: { config: { texts } } },
    });
    expect(config.database__connection__database).toBe('"2024"');
    for (const [name, text] of Object.entries(texts)) {
      const value = config[`texts__${name}`]!;
      expect(name === "plain" ? value : JSON.parse(value), name).toBe(text);
    }
  });

  test("asks for a code on new devices only if it can be mailed", async () => {
    expect((await render()).config.security__staffDeviceVerification).toBe("false");
    const own = { ghost: { config: { mail: { transport: "SMTP" } } } };
    for (const { config } of [await render({ files: ["ci/production-values.yaml"] }), await render({ values: own })])
      expect(config).not.toHaveProperty("security__staffDeviceVerification");
    const wanted = { ghost: { config: { security: { staffDeviceVerification: true } } } };
    expect((await render({ values: wanted })).config.security__staffDeviceVerification).toBe("true");
  });

  test("takes Secrets that are there already for MySQL and MinIO of the chart as well", async () => {
    const values = { database: { existingSecret: "0123" }, bucket: { existingSecret: "keys" } };
    const manifests = await render({ values });
    expect(manifests.kind("Secret")).toEqual([]);
    expect(env(manifests.pod).AWS_ACCESS_KEY_ID.valueFrom.secretKeyRef.name).toBe("keys");
    const used = manifests.kind("StatefulSet").flatMap(({ spec }) => spec.template.spec.containers[0].env);
    const names = used.flatMap(({ valueFrom }) => valueFrom?.secretKeyRef.name ?? []);
    expect(new Set(names)).toEqual(new Set(["0123", "keys"]));
  });

  test("has passwords that no two installations share, and that stay when the release goes", async () => {
    const [one, two] = await Promise.all([render(), render()]);
    for (const name of ["blog-mysql", "blog-minio"]) {
      const [first, second] = [one.get("Secret", name), two.get("Secret", name)];
      for (const key of Object.keys(first.data)) {
        expect(Buffer.from(first.data[key], "base64").toString()).toMatch(/^[A-Za-z0-9]{32}$/);
        expect(first.data[key]).not.toBe(second.data[key]);
      }
      expect(first.metadata.annotations).toEqual({ "helm.sh/resource-policy": "keep" });
    }
  });
});

describeWith([helm], "wrong values are refused with what is to be written", () => {
  test.each([
    ["an unknown name", { autoscalling: { enabled: false } }, /autoscalling/],
    ["a URL that is none", { url: "blog.example.com" }, /url/],
    ["a number of pods", { ghost: { replicas: 0 } }, /replicas.*(minimum|greater than or equal to 1)/s],
    ["a policy", { image: { pullPolicy: "Sometimes" } }, /pullPolicy/],
    ["a password in the values", { database: { password: "secret" } }, /password/],
    ["two databases", { database: { host: "mysql" } }, /set mysql\.enabled=false as well/],
    ["no database", { mysql: { enabled: false } }, /set database\.host, or mysql\.enabled=true/],
    ["no password", { ...OWN, database: { host: "mysql" } }, /set database\.existingSecret to a Secret/],
    ["two buckets", { bucket: { name: "blog" } }, /set minio\.enabled=false as well/],
    ["no bucket", { minio: { enabled: false } }, /set bucket\.name, or minio\.enabled=true/],
    ["no sender", { mail: { host: "smtp.example.com" } }, /set mail\.from/],
    [
      "fewest above most",
      { autoscaling: { minReplicas: 7 } },
      /minReplicas \(7\) is above autoscaling\.maxReplicas \(6\)/,
    ],
    [
      "TLS for http",
      { url: "http://a.example", ingress: { enabled: true, tls: { enabled: true } } },
      /begin with https/,
    ],
    ["no Gateway", { url: "http://a.example", route: { enabled: true } }, /set route\.parentRefs/],
    ["an Ingress for localhost", { ingress: { enabled: true } }, /set it to the address that readers use/],
    ["an Ingress for an address", { url: "http://10.0.0.1", ingress: { enabled: true } }, /which must be a name/],
    ["a name that no Service can have", { fullnameOverride: "My Blog" }, /"My Blog" cannot be that of a Service/],
    ["a key of no Secret", { database: { passwordKey: "pw" } }, /set database\.existingSecret as well/],
    ["TLS of the chart's own MySQL", { database: { tls: { enabled: true } } }, /no certificate that can be checked/],
    ["the administrator's name", { database: { user: "root" } }, /choose another name/],
    ["a bucket that MinIO lacks", { bucket: { private: "b" } }, /set minio\.enabled=false and bucket\.name/],
    ["a password of nobody", { mail: { host: "a", from: "b", existingSecret: "c" } }, /set mail\.user/],
    ["another port of Ghost", { ghost: { config: { server: { port: 80 } } } }, /set service\.port/],
    ["another port of probes", { ghost: { replicaOptions: { healthPort: 80 } } }, /probes and metrics ask on 9417/],
    ["alerts without figures", { monitoring: { rules: { enabled: true } } }, /set monitoring\.serviceMonitor/],
    [
      "CPU that Ghost never uses",
      { ghost: { resources: { requests: { cpu: 1 } } } },
      /aims at 2000m of CPU for a pod \(200 % of 1\)/,
    ],
    ["percent of nothing", { ghost: { resources: { requests: { cpu: null } } } }, /which is not set/],
  ])("%s", async (_name, values, said) => {
    expect(await refusal(values)).toMatch(said);
  });

  test("all at once", async () => {
    const said = await refusal({ database: { host: "a" }, bucket: { name: "b" }, mail: { host: "c" } });
    expect(said).toContain("The values have 3 mistake(s); nothing was installed or changed");
  });
});
