import { adapterFor } from "./adapter.ts";

/** Ghost's `storage:images` in a bucket. */
export default adapterFor("content/images");
