import { dirname, resolve } from "node:path";
import type { GhostConfig } from "../settings/ghost-config.ts";
import { isTree } from "../settings/tree.ts";
import { UsageError } from "../usage-error.ts";
import { ExportSource } from "./file-sources.ts";
import { MysqlSource } from "./mysql-source.ts";
import { SqliteSource } from "./sqlite-source.ts";
import type { TextSource } from "./text-source.ts";

/** Where the blog's posts are: in an export, or in the database that Ghost's configuration names. */
export function blogSource(config: GhostConfig, exportFile: string | undefined, cwd: string): TextSource {
  if (exportFile) return new ExportSource(resolve(cwd, exportFile));
  const client = config.get("database", "client");
  const connection = config.get("database", "connection");
  if (isTree(connection)) {
    if (client === "mysql" || client === "mysql2") return new MysqlSource(connection);
    const { filename } = connection;
    if ((client === "sqlite3" || client === "better-sqlite3") && typeof filename === "string") {
      return new SqliteSource(resolve(cwd, dirname(config.file ?? "x"), filename));
    }
  }
  throw new UsageError(
    "It is not known where the posts are: Ghost's configuration names no database. Nothing was deleted.",
    "Give --config path/to/config.production.json, or an export of the blog by --export.",
  );
}
