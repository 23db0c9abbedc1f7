import { join } from "node:path";
import { registerAdapter } from "../ghost/adapters.ts";
import { SharedDocument, type DocumentParts } from "./shared-document.ts";

const NAME = "@stateless-ghost/replicas/redirects";

export function shareRedirects(parts: DocumentParts): SharedDocument {
  const { ghost } = parts.surroundings;
  const { config } = ghost;
  const folder = config.getContentPath("data");
  return new SharedDocument(parts, {
    kind: "redirects",
    contentType: "application/json",
    key: (digest) => `redirects/${digest}.json`,
    path: join(folder, "redirects.json"),
    obsolete: join(folder, "redirects.yaml"),
    apply: () => ghost.use("redirects").api.activate(),
  });
}

/** Ghost's own store of redirects, with the bucket behind it. Before Ghost's boot. */
export function installRedirects({ surroundings: { ghost } }: DocumentParts, document: SharedDocument): void {
  const { config } = ghost;
  const FileStore = ghost.use("redirectsFileStore").default;
  class SharedRedirects extends FileStore {
    override getAll(): Promise<object[]> {
      return document.read(() => super.getAll());
    }

    override replaceAll(redirects: object[]): Promise<void> {
      // as the store that this one is made of writes them, so that the digest of its file is the same
      return document.replace(JSON.stringify(redirects), () => super.replaceAll(redirects));
    }
  }
  registerAdapter(ghost, "redirects", NAME, SharedRedirects, { basePath: config.getContentPath("data") });
}
