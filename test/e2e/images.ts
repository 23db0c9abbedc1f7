import type { GhostVersion } from "@stateless-ghost/local";
import { buildImage } from "../image/images.ts";

/** The newest Ghost that is supported, and the one before. */
export const GHOST = { now: "6.65.0", before: "6.64.0" } as const satisfies Record<string, GhostVersion>;

export interface Image {
  readonly repository: string;
  readonly tag: string;
}

/** Built from this checkout; what Docker has already is not built again. */
export async function imageOf(version: GhostVersion): Promise<Image> {
  const [repository = "", tag = ""] = (await buildImage(version)).split(":");
  return { repository, tag };
}

export const nameOf = ({ repository, tag }: Image): string => `${repository}:${tag}`;
