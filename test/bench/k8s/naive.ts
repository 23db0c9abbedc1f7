import { Blog } from "../../e2e/blog.ts";
import type { Kind } from "../../e2e/cluster/kind.ts";
import { Workload } from "../../e2e/cluster/workload.ts";
import type { Stage } from "../../e2e/stage.ts";
import { eventually } from "../../integration/replicas/eventually.ts";
import { urlsOf } from "../../e2e/values.ts";

const NAME = "naive";

const LABELS = { app: NAME };

/** What the field's charts do: two pods of the official image, and Kubernetes' defaults for all else. */
export interface Naive {
  readonly workload: Workload;
  readonly blog: Blog;
}

/** On the MySQL of the other blog, in a database of its own. */
export async function installNaive({ kind, release }: Stage, image: string): Promise<Naive> {
  const password = await makeDatabase(release);
  const kubectl = kind.kubectl.in(NAME);
  await kind.kubectl.apply(JSON.stringify({ apiVersion: "v1", kind: "Namespace", metadata: { name: NAME } }));
  const manifests = [deployment(image, password, release), service(), ingress()];
  await kubectl.apply(JSON.stringify({ apiVersion: "v1", kind: "List", items: manifests }));
  const workload = new Workload(NAME, kubectl, `app=${NAME}`);
  await workload.rolledOut();
  const blog = new Blog(NAME);
  // the ingress controller hears of the pods a moment after they are ready
  await eventually("readers get in", async () => (await blog.page("/")).status === 200);
  await blog.setUp().catch(() => blog.logIn());
  // the second one would not have come up on an empty database
  await workload.scale(2);
  return { workload, blog };
}

export async function removeNaive({ kubectl }: Kind): Promise<void> {
  await kubectl.run(["delete", "namespace", NAME]);
}

async function makeDatabase({ kubectl }: Stage["release"]): Promise<string> {
  const { data } = await kubectl.get("secret", "blog-mysql");
  const decoded = (key: string) => Buffer.from(data[key], "base64").toString();
  const [root, password] = [decoded("root-password"), decoded("password")];
  const sql = [
    `CREATE DATABASE IF NOT EXISTS ${NAME}`,
    `CREATE USER IF NOT EXISTS '${NAME}'@'%' IDENTIFIED BY '${password}'`,
    `GRANT ALL ON ${NAME}.* TO '${NAME}'@'%'`,
  ].join(";");
  await kubectl.run(["exec", "blog-mysql-0", "--stdin", "--", "mysql", "-uroot", `-p${root}`], sql);
  return password;
}

function deployment(image: string, password: string, { name, kubectl }: Stage["release"]): object {
  const env = {
    NODE_ENV: "production",
    url: urlsOf(NAME).blog,
    database__client: "mysql",
    database__connection__host: `${name}-mysql.${kubectl.namespace}`,
    database__connection__user: NAME,
    database__connection__password: password,
    database__connection__database: NAME,
    security__staffDeviceVerification: "false",
  };
  const container = {
    name: "ghost",
    image,
    env: Object.entries(env).map(([key, value]) => ({ name: key, value })),
    ports: [{ containerPort: 2368 }],
    readinessProbe: { tcpSocket: { port: 2368 } },
    livenessProbe: { tcpSocket: { port: 2368 } },
    resources: { requests: { cpu: "150m", memory: "300Mi" } },
  };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: NAME },
    spec: {
      replicas: 1,
      selector: { matchLabels: LABELS },
      template: { metadata: { labels: LABELS }, spec: { containers: [container] } },
    },
  };
}

function service(): object {
  const ports = [{ port: 80, targetPort: 2368 }];
  return { apiVersion: "v1", kind: "Service", metadata: { name: NAME }, spec: { selector: LABELS, ports } };
}

function ingress(): object {
  const backend = { service: { name: NAME, port: { number: 80 } } };
  const host = new URL(urlsOf(NAME).blog).hostname;
  const rules = [{ host, http: { paths: [{ path: "/", pathType: "Prefix", backend }] } }];
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name: NAME },
    spec: { ingressClassName: "traefik", rules },
  };
}
