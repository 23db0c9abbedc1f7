import { eventually } from "../integration/replicas/eventually.ts";
import { Blog, openUploads } from "./blog.ts";
import { Kind } from "./cluster/kind.ts";
import { leadNamesTo } from "./cluster/names.ts";
import { Release } from "./cluster/release.ts";
import { GHOST, imageOf, nameOf, type Image } from "./images.ts";
import { values } from "./values.ts";

const CLUSTER = "stateless-ghost-e2e";

/** The blog that most tests share. */
const BLOG = "blog";

/** A blog and the cluster that it runs on. */
export interface Stage {
  readonly kind: Kind;
  readonly release: Release;
  readonly blog: Blog;
}

/** The shared blog, which the set-up has made. */
export async function enter(): Promise<Stage> {
  const { cluster } = await Kind.ensure(CLUSTER);
  const stage = await stageOf(cluster, BLOG);
  await stage.blog.logIn();
  return stage;
}

/** A blog of its own, with an owner, in a namespace of its own where Pod Security's strictest standard is enforced. */
export async function install(kind: Kind, name: string, image: Image): Promise<Stage> {
  const stage = await enclose(kind, name);
  const { release, blog } = stage;
  await release.install(values(name, image));
  // the ingress controller hears of the pods a moment after they are ready
  await eventually("readers get in", async () => (await blog.page("/")).status === 200);
  await openUploads(release, blog);
  // one that was left here by an earlier run has its owner
  await blog.setUp().catch(() => blog.logIn());
  return stage;
}

/** A namespace with nothing in it yet. */
export async function enclose(kind: Kind, name: string): Promise<Stage> {
  // what is enforced for pods is a warning for what makes pods
  const labels = "{ pod-security.kubernetes.io/enforce: restricted, pod-security.kubernetes.io/warn: restricted }";
  await kind.kubectl.apply(`{ apiVersion: v1, kind: Namespace, metadata: { name: ${name}, labels: ${labels} } }`);
  return stageOf(kind, name);
}

/** Builds the images, makes the cluster, and installs the shared blog; answers with how to undo it. */
export async function build(tell: (step: string) => void): Promise<() => Promise<void>> {
  tell("building the images");
  const now = await imageOf(GHOST.now);
  const before = await imageOf(GHOST.before);
  tell("making the cluster");
  const { cluster, made } = await Kind.ensure(CLUSTER);
  tell("loading the images into it");
  await cluster.load([now, before].map(nameOf));
  tell("installing the chart");
  await install(cluster, BLOG, now);
  tell("ready");
  return async () => {
    if (made && !process.env.KEEP_CLUSTER) await cluster.remove();
  };
}

async function stageOf(kind: Kind, name: string): Promise<Stage> {
  leadNamesTo(await kind.address());
  return { kind, blog: new Blog(name), release: new Release(name, kind.kubectl.in(name)) };
}
