import { adapterFor } from "./adapter.ts";

/** Ghost's `storage:files` in a bucket. */
export default adapterFor("content/files");
