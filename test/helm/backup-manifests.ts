import type { Manifest, Manifests } from "./render.ts";

/** Backups with everything in the cluster, and those of a blog with readers. */
export const TRIED = { backup: { enabled: true } };
export const BACKUP = {
  enabled: true,
  bucket: { name: "blog-backups", region: "eu-central-1" },
  database: { existingSecret: "blog-backup" },
};

export const podOf = ({ spec }: Manifest): Manifest => (spec.jobTemplate?.spec ?? spec).template.spec;

export const argsOf = (manifest: Manifest): string[] => podOf(manifest).containers[0].args;

export const secretsOf = (manifest: Manifest): Manifest[] => {
  const { volumes } = podOf(manifest);
  const { sources } = volumes.find(({ name }: Manifest) => name === "config").projected;
  return sources.flatMap(({ secret }: Manifest) =>
    secret ? [[secret.name, secret.items[0].key, secret.items[0].path]] : [],
  );
};

export const configOf = (manifests: Manifests, key = "config.json", name = "blog-backup"): Manifest =>
  JSON.parse(manifests.get("ConfigMap", name).data[key]);
