import { build } from "./stage.ts";
import { CLUSTER_NEEDS } from "./needs.ts";

export default async function setUp(): Promise<(() => Promise<void>) | undefined> {
  if (CLUSTER_NEEDS.some(({ met }) => !met)) return undefined;
  const begun = Date.now();
  return build((step) => console.log(`${((Date.now() - begun) / 1000).toFixed(0).padStart(4)} s  ${step}`));
}
