import { adapterFor } from "./adapter.ts";

export { registry } from "./observation/metrics.ts";
export type { Options } from "./options/options.ts";
export { default as files } from "./files.ts";
export { default as images } from "./images.ts";
export { default as media } from "./media.ts";

/** For one config block a feature: `staticFileURLPrefix` says which one, as with Ghost's own S3Storage. */
export default adapterFor("content/images");
