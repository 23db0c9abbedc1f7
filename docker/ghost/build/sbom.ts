/**
 * Turns pnpm's bill of what Ghost's lockfile names into one of what is in the image: without the packages that were
 * left out, with this project's own, Node and those of Debian. CycloneDX, to stdout.
 *
 *     node sbom.ts LOCKFILE.cdx.json ROOT
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Of a component, what is read or written here. @see https://cyclonedx.org/docs/1.6/json/ */
interface Component {
  type: string;
  name: string;
  group?: string;
  version: string;
  purl?: string;
  "bom-ref"?: string;
}

interface Bill {
  metadata: { component?: Component };
  components: Component[];
  dependencies?: { ref: string; dependsOn?: string[] }[];
}

const [file = "", root = ""] = process.argv.slice(2);
const GHOST = join(root, "var/lib/ghost/current");

const bill = JSON.parse(readFileSync(file, "utf8")) as Bill;
const there = new Set(installed(join(GHOST, "node_modules/.pnpm")));
const components = [
  ...bill.components.filter(({ group, name, version }) => there.has(`${group ? `${group}/` : ""}${name}@${version}`)),
  ...["storage-s3", "replicas"].map(ownPackage),
  {
    type: "platform",
    name: "node",
    version: process.versions.node,
    ...identity(`pkg:generic/node@${process.versions.node}`),
  },
  ...readdirSync(join(root, "var/lib/dpkg/status.d")).map(debianPackage),
];
const known = new Set([bill.metadata.component, ...components].map((component) => component?.["bom-ref"]));
const dependencies = (bill.dependencies ?? [])
  .filter(({ ref }) => known.has(ref))
  .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((other) => known.has(other)) }));
process.stdout.write(`${JSON.stringify({ ...bill, components, dependencies })}\n`);

/** `name@version` of all packages that lie in pnpm's store of a project. */
function installed(store: string): string[] {
  return readdirSync(store)
    .filter((entry) => entry.includes("@"))
    .flatMap((entry) => foldersIn(join(store, entry, "node_modules")))
    .map((folder) => manifestOf(folder))
    .map(({ name, version }) => `${name}@${version}`);
}

/** Packages themselves; what they depend on lies beside them as links. */
function foldersIn(modules: string): string[] {
  return readdirSync(modules, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== ".bin")
    .flatMap(({ name }) => (name.startsWith("@") ? foldersIn(join(modules, name)) : [join(modules, name)]));
}

function manifestOf(folder: string): { name: string; version: string } {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
}

function ownPackage(name: string): Component {
  const { version } = manifestOf(join(GHOST, "node_modules/@stateless-ghost", name));
  return {
    type: "library",
    group: "@stateless-ghost",
    name,
    version,
    ...identity(`pkg:npm/%40stateless-ghost/${name}@${version}`),
  };
}

function debianPackage(name: string): Component {
  const status = readFileSync(join(root, "var/lib/dpkg/status.d", name), "utf8");
  const field = (key: string): string => new RegExp(`^${key}: (.+)$`, "m").exec(status)?.[1] ?? "";
  const [version, arch] = [field("Version"), field("Architecture")];
  return {
    type: "library",
    name,
    version,
    ...identity(`pkg:deb/debian/${name}@${version}?arch=${arch}&distro=debian-${debian()}`),
  };
}

function debian(): string {
  return /^VERSION_ID="?(\d+)/m.exec(readFileSync(join(root, "etc/os-release"), "utf8"))?.[1] ?? "";
}

function identity(purl: string): { purl: string; "bom-ref": string } {
  return { purl, "bom-ref": purl };
}
