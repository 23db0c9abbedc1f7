import { command, docker } from "../needs.ts";

/** What the tests of a cluster need. */
export const CLUSTER_NEEDS = [docker, command("kind"), command("kubectl"), command("helm")];
