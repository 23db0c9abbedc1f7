import { adapterFor } from "./adapter.ts";

/** Ghost's `storage:media` in a bucket. */
export default adapterFor("content/media");
