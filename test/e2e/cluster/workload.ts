import type { Kubectl, Resource } from "./kubectl.ts";

/** A Deployment and its pods. */
export class Workload {
  readonly name: string;
  readonly kubectl: Kubectl;
  readonly #selector: string;

  /** @param selector of its pods */
  constructor(name: string, kubectl: Kubectl, selector: string) {
    this.name = name;
    this.kubectl = kubectl;
    this.#selector = selector;
  }

  /** Pods that have not begun to end. */
  async pods(): Promise<Resource[]> {
    return (await this.#all()).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  }

  async readyPods(): Promise<Resource[]> {
    return (await this.pods()).filter(isReady);
  }

  /** Whether nothing is left of pods that were asked to end. */
  async isSettled(): Promise<boolean> {
    return (await this.#all()).every(({ metadata }) => metadata.deletionTimestamp === undefined);
  }

  rolledOut(): Promise<void> {
    return this.kubectl.rolledOut(`deployment/${this.name}`);
  }

  async restart(): Promise<void> {
    await this.kubectl.run(["rollout", "restart", `deployment/${this.name}`]);
  }

  /** So many pods from now on. */
  async scale(pods: number): Promise<void> {
    await this.kubectl.run(["scale", `deployment/${this.name}`, `--replicas=${pods}`]);
    await this.rolledOut();
  }

  #all(): Promise<Resource[]> {
    return this.kubectl.list("pods", this.#selector);
  }
}

function isReady({ status }: Resource): boolean {
  return status.conditions?.some(({ type, status: is }: Resource) => type === "Ready" && is === "True") ?? false;
}
