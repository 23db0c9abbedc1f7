import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { Kubectl, type Resource } from "./kubectl.ts";

const ROOT = join(import.meta.dirname, "../../..");

const MANIFESTS = join(import.meta.dirname, "../manifests");

const NODE_IMAGE = "kindest/node:v1.34.4";

/** Not the chart's default, which names one release: any will do here. */
export const MINIO_IMAGE = "minio/minio:latest";

/** What runs beside Ghost, on the node that stays. */
const IMAGES = ["mysql:9.7", MINIO_IMAGE, "traefik:v2.11", "registry.k8s.io/metrics-server/metrics-server:v0.9.0"];

const CONTROL_PLANE = "node-role.kubernetes.io/control-plane";

/** A cluster of kind with an ingress controller and metrics. */
export class Kind {
  readonly name: string;
  readonly kubectl: Kubectl;

  private constructor(name: string, kubeconfig: string) {
    this.name = name;
    this.kubectl = new Kubectl(kubeconfig);
  }

  /** The cluster of that name, made if there is none; answers whether it was made here. */
  static async ensure(name: string): Promise<{ cluster: Kind; made: boolean }> {
    const folder = join(ROOT, ".state/e2e");
    await mkdir(folder, { recursive: true });
    const kubeconfig = join(folder, `${name}.kubeconfig`);
    const { stdout } = await execa("kind", ["get", "clusters"]);
    const made = !stdout.split("\n").includes(name);
    const config = ["--name", name, "--kubeconfig", kubeconfig];
    if (made) {
      const shape = ["--image", NODE_IMAGE, "--config", join(MANIFESTS, "kind.yaml"), "--wait", "180s"];
      await execa("kind", ["create", "cluster", ...config, ...shape]);
    } else await execa("kind", ["export", "kubeconfig", ...config]);
    const cluster = new Kind(name, kubeconfig);
    if (made) await cluster.#load(IMAGES, await cluster.#nodes(CONTROL_PLANE));
    const apply = (part: string) => cluster.kubectl.run(["apply", "--filename", join(MANIFESTS, `${part}.yaml`)]);
    await apply("traefik");
    await apply("metrics-server");
    await cluster.kubectl.in("traefik").rolledOut("deployment/traefik");
    await cluster.kubectl.in("kube-system").rolledOut("deployment/metrics-server");
    await apply("metrics-api");
    await cluster.kubectl.run([
      "wait",
      "--for=condition=Available",
      "apiservice/v1beta1.metrics.k8s.io",
      "--timeout=60s",
    ]);
    return { cluster, made };
  }

  async remove(): Promise<void> {
    await execa("kind", ["delete", "cluster", "--name", this.name]);
  }

  /** Gives images of this machine to the nodes that Ghost runs on. */
  async load(images: readonly string[]): Promise<void> {
    await this.#load(images, await this.#nodes(`!${CONTROL_PLANE}`));
  }

  async #load(images: readonly string[], nodes: readonly string[]): Promise<void> {
    await execa("kind", ["load", "docker-image", "--name", this.name, "--nodes", nodes.join(","), ...images]);
  }

  async #nodes(selector: string): Promise<string[]> {
    return (await this.kubectl.list("nodes", selector)).map(({ metadata }) => metadata.name);
  }

  /** Of the node that readers come in by. */
  async address(): Promise<string> {
    const [node] = await this.kubectl.list("nodes", CONTROL_PLANE);
    const { address } = node.status.addresses.find(({ type }: Resource) => type === "InternalIP");
    return address;
  }

  /** As when its power fails. */
  async stopNode(name: string): Promise<void> {
    await execa("docker", ["kill", name]);
  }

  async startNode(name: string): Promise<void> {
    await execa("docker", ["start", name]);
    await this.kubectl.run(["wait", "--for=condition=Ready", `node/${name}`, "--timeout=120s"]);
  }
}
