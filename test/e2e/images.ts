import type { GhostVersion } from "@stateless-ghost/local";
import { buildBackupImage, buildImage } from "../image/images.ts";

/** The newest Ghost that is supported, and the one before. */
export const GHOST = { now: "6.65.0", before: "6.64.0" } as const satisfies Record<string, GhostVersion>;

export interface Image {
  readonly repository: string;
  readonly tag: string;
}

/** Built from this checkout; what Docker has already is not built again. */
export async function imageOf(version: GhostVersion): Promise<Image> {
  return imageNamed(await buildImage(version));
}

/** That of backups, the same way. */
export async function backupImage(): Promise<Image> {
  return imageNamed(await buildBackupImage());
}

function imageNamed(name: string): Image {
  const [repository = "", tag = ""] = name.split(":");
  return { repository, tag };
}

export const nameOf = ({ repository, tag }: Image): string => `${repository}:${tag}`;
