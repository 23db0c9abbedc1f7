import { join } from "node:path";
import { registerAdapter } from "../ghost/adapters.ts";
import { SharedDocument, type DocumentParts } from "./shared-document.ts";

const NAME = "@stateless-ghost/replicas/route-settings";

export function shareRoutes(parts: DocumentParts): SharedDocument {
  const { ghost } = parts.surroundings;
  const { config } = ghost;
  return new SharedDocument(parts, {
    kind: "routes",
    contentType: "application/yaml",
    key: (digest) => `routes/${digest}.yaml`,
    path: join(config.getContentPath("settings"), "routes.yaml"),
    apply: () => ghost.use("bridge").reloadFrontend(ghost.use("routeSettings").service, ghost.use("urlService")),
  });
}

/** Ghost's own store of routes, with the bucket behind it. Before Ghost's boot. */
export function installRoutes({ surroundings: { ghost } }: DocumentParts, document: SharedDocument): void {
  const { config } = ghost;
  const FileStore = ghost.use("routeSettingsFileStore").default;
  class SharedRouteSettings extends FileStore {
    override get(): Promise<object> {
      return document.read(() => super.get());
    }

    override replace(settings: { yamlSource: string }): Promise<void> {
      return document.replace(settings.yamlSource, () => super.replace(settings));
    }
  }
  registerAdapter(ghost, "route-settings", NAME, SharedRouteSettings, {
    basePath: config.getContentPath("settings"),
    defaultSettingsBasePath: config.get("paths:defaultRouteSettings"),
  });
}
