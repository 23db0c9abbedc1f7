import { join } from "node:path";
import { execa } from "execa";
import type { Kubectl, Resource } from "./kubectl.ts";
import { Workload } from "./workload.ts";

const CHART = join(import.meta.dirname, "../../../helm/ghost");

/** Longest wait for pods, in Helm's words. */
const WAIT = "5m";

/** One installation of the chart. */
export class Release extends Workload {
  constructor(name: string, kubectl: Kubectl) {
    super(name, kubectl, `app.kubernetes.io/component=ghost,app.kubernetes.io/instance=${name}`);
  }

  /** Installs the chart, or changes what is installed. */
  async install(values: object, options: readonly string[] = []): Promise<void> {
    const given = ["--create-namespace", "--wait", "--timeout", WAIT, "--values", "-", ...options];
    await this.helm(["upgrade", "--install", this.name, CHART, ...given], JSON.stringify(values));
  }

  /** Some values are changed, all others kept. */
  upgrade(values: object): Promise<void> {
    return this.install(values, ["--reuse-values"]);
  }

  /** Answers with the log of the test. */
  test(): Promise<string> {
    return this.helm(["test", this.name, "--logs", "--timeout", WAIT]);
  }

  async rollback(): Promise<void> {
    await this.helm(["rollback", this.name, "--wait", "--timeout", WAIT]);
  }

  async uninstall(): Promise<string> {
    return this.helm(["uninstall", this.name, "--wait", "--timeout", WAIT]);
  }

  /** So many pods, without an autoscaler. */
  override async scale(pods: number): Promise<void> {
    await this.upgrade({ autoscaling: { enabled: false }, ghost: { replicas: pods } });
  }

  /** The pod that leads. */
  async leader(): Promise<Resource> {
    for (const pod of await this.readyPods()) {
      const path = `/api/v1/namespaces/${this.kubectl.namespace}/pods/${pod.metadata.name}:9417/proxy/readyz`;
      if (JSON.parse(await this.kubectl.run(["get", "--raw", path])).leader) return pod;
    }
    throw new Error("No pod leads.");
  }

  private async helm(args: readonly string[], input?: string): Promise<string> {
    const all = [...this.kubectl.options, ...args];
    const { stdout } = await execa("helm", all, { ...(input !== undefined && { input }) });
    return stdout;
  }
}
