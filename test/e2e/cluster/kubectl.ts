import { execa } from "execa";

/** An object of the cluster. Its shape is that of its kind. */
export type Resource = any;

/** `kubectl` of one cluster, in one namespace or in those that manifests name. */
export class Kubectl {
  readonly kubeconfig: string;
  readonly namespace: string | undefined;

  constructor(kubeconfig: string, namespace?: string) {
    this.kubeconfig = kubeconfig;
    this.namespace = namespace;
  }

  /** That say where, for `helm` as well. */
  get options(): string[] {
    return ["--kubeconfig", this.kubeconfig, ...(this.namespace ? ["--namespace", this.namespace] : [])];
  }

  in(namespace: string): Kubectl {
    return new Kubectl(this.kubeconfig, namespace);
  }

  /** Answers with what it prints. */
  async run(args: readonly string[], input?: string): Promise<string> {
    const { stdout } = await execa("kubectl", [...this.options, ...args], { ...(input !== undefined && { input }) });
    return stdout;
  }

  async get(kind: string, name: string): Promise<Resource> {
    return JSON.parse(await this.run(["get", kind, name, "--output", "json"]));
  }

  async list(kind: string, selector = ""): Promise<Resource[]> {
    return JSON.parse(await this.run(["get", kind, "--selector", selector, "--output", "json"])).items;
  }

  async apply(manifests: string): Promise<void> {
    await this.run(["apply", "--filename", "-"], manifests);
  }

  /** Until all pods of a Deployment or a StatefulSet are new and ready. */
  async rolledOut(workload: string, seconds = 180): Promise<void> {
    await this.run(["rollout", "status", workload, `--timeout=${seconds}s`]);
  }
}
