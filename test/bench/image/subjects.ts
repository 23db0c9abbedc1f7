import type { ImageBlog } from "../../image/blog.ts";
import type { ContainerOptions } from "../../image/container.ts";

export const OURS = "stateless-ghost";
export const OFFICIAL = "official recipe";
/** Ours, with the compiled code in it left aside: what that code brings. */
export const UNCACHED = "stateless-ghost, nothing compiled";

/** An image with a blog of its own. */
export interface Subject {
  readonly name: string;
  readonly blog: ImageBlog;
  readonly options: ContainerOptions;
}

export interface Images {
  readonly ours: string;
  readonly official: string;
}

/** Where the official image keeps what a blog has. */
const OFFICIAL_CONTENT = "/var/lib/ghost/content";

export function ours(images: Images, blog: ImageBlog, writable: readonly string[]): Subject {
  return { name: OURS, blog, options: { image: images.ours, env: blog.env, writable } };
}

export function uncached(images: Images, blog: ImageBlog, writable: readonly string[]): Subject {
  const env = { ...blog.env, NODE_DISABLE_COMPILE_CACHE: "1" };
  return { name: UNCACHED, blog, options: { image: images.ours, env, writable } };
}

/** On a volume that it has filled before: a start copies no themes, which is the best that it can do. */
export function official(images: Images, blog: ImageBlog, volume: string): Subject {
  const options = { image: images.official, env: blog.officialEnv, volume: { name: volume, folder: OFFICIAL_CONTENT } };
  return { name: OFFICIAL, blog, options };
}
