export { run } from "./command.ts";
export { optionsSchema, type Options } from "./configuration/schema.ts";
