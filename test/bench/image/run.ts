import { GHOST_VERSION } from "@stateless-ghost/local";
import { buildImage, buildOfficial } from "../../image/images.ts";
import { Minio } from "../../integration/commands/bucket.ts";
import { startMysql } from "../../integration/replicas/cluster/mysql.ts";
import { docker } from "../../needs.ts";
import { runBench } from "../command.ts";
import type { Row } from "../row.ts";
import { measureSizes, measureStarts } from "./measure.ts";
import { imageSection } from "./section.ts";

await runBench({
  part: "image",
  about: `Measures the image beside the one that the official recipe makes of the same Ghost, on MySQL and MinIO in
Docker. Takes about 3 minutes, and 10 more where the images have to be built.`,
  needs: [docker],
  // starts of each
  whole: 7,
  quick: 2,
  measure,
  section: imageSection,
});

async function measure(runs: number, progress: (line: string) => void): Promise<Row[]> {
  progress("building the image");
  const ours = await buildImage(GHOST_VERSION);
  progress("building the official recipe");
  const images = { ours, official: await buildOfficial(GHOST_VERSION) };
  const [mysql, minio] = await Promise.all([startMysql(), Minio.start()]);
  try {
    const rows = await measureSizes(images);
    progress("starts");
    for await (const row of measureStarts({ mysql, minio, images, runs, progress })) rows.push(row);
    return rows;
  } finally {
    await minio.stop();
    await mysql.stop();
  }
}
