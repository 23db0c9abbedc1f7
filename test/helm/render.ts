import { join } from "node:path";
import { execa } from "execa";
import { parseAllDocuments } from "yaml";

export const CHART = join(import.meta.dirname, "../../helm/ghost");

/** A manifest. Its shape is that of its kind. */
export type Manifest = any;

export interface RenderOptions {
  /** As a file of values has them. */
  values?: object;
  files?: readonly string[];
  kubeVersion?: string;
  release?: string;
}

/** All that the chart makes, as the API server would get it. */
export async function render(options: RenderOptions = {}): Promise<Manifests> {
  const { stdout } = await template(options);
  const documents = parseAllDocuments(stdout).map((document) => {
    if (document.errors[0]) throw document.errors[0];
    return document.toJSON() as Manifest;
  });
  return new Manifests(documents.filter(Boolean));
}

/** What Helm says to values that it refuses. */
export async function refusal(values: object): Promise<string> {
  const { exitCode, stderr } = await template({ values }, false);
  if (exitCode === 0) throw new Error(`${JSON.stringify(values)} was not refused.`);
  return stderr;
}

function template(options: RenderOptions, reject = true) {
  const { values = {}, files = [], kubeVersion = "1.34.0", release = "blog" } = options;
  const given = files.flatMap((file) => ["--values", join(CHART, file)]);
  return execa("helm", ["template", release, CHART, "--kube-version", kubeVersion, ...given, "--values", "-"], {
    input: JSON.stringify(values),
    reject,
  });
}

export class Manifests {
  readonly all: readonly Manifest[];

  constructor(all: readonly Manifest[]) {
    this.all = all;
  }

  kind(kind: string): readonly Manifest[] {
    return this.all.filter((manifest) => manifest.kind === kind);
  }

  find(kind: string, name: string): Manifest | undefined {
    return this.kind(kind).find((manifest) => manifest.metadata.name === name);
  }

  /** @throws {Error} when there is none */
  get(kind: string, name: string): Manifest {
    const found = this.find(kind, name);
    if (found) return found;
    throw new Error(`There is no ${kind} ${name}, but ${this.kind(kind).map(({ metadata }) => metadata.name)}.`);
  }

  /** Ghost's pods. */
  get pod(): Manifest {
    return this.kind("Deployment").find(isGhost).spec.template;
  }

  /** What Ghost reads as variables. */
  get config(): Record<string, string> {
    const [reference] = this.pod.spec.containers[0].envFrom;
    return this.get("ConfigMap", reference.configMapRef.name).data;
  }
}

const isGhost = ({ metadata }: Manifest): boolean => metadata.labels["app.kubernetes.io/component"] === "ghost";
