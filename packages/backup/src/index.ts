export { run } from "./command.ts";
export type { Io } from "./commands/io.ts";
export { manifestSchema, type Manifest } from "./manifest/schema.ts";
