import { expect, test } from "vitest";
import type { Row } from "../row.ts";
import { backupSection } from "./section.ts";
import { OURS, PIPE } from "./subjects.ts";

const rows = (metric: string, values: Record<string, number[]>): Row[] =>
  Object.entries(values).flatMap(([subject, all]) =>
    all.map((value) => ({ subject, case: "backup-ghost", metric, value, unit: "" })),
  );

test("the section of backups compares medians with the field's pipe, and says what is not met", () => {
  const text = backupSection({
    rows: [
      ...rows("dump", { [OURS]: [4, 5, 9], [PIPE]: [10, 10, 10] }),
      ...rows("size", { [OURS]: [11], [PIPE]: [10] }),
      ...rows("total", { [OURS]: [25], [PIPE]: [] }),
      ...rows("restore", { [OURS]: [29, 31], [PIPE]: [40] }),
    ],
    machine: { cpu: "a processor", cores: 2, memoryGiB: 8, system: "Linux", node: "v24" },
    date: new Date("2026-01-02T03:04:05Z"),
    command: "npm run bench:backup",
  });
  expect(text).toContain("| database |  | backup | mysqldump, gzip, aws s3 cp | ratio | target | verdict |");
  expect(text).toContain("| Ghost | dump, compress, upload: s | 5 (4–9) | 10 | 2.00× as fast | ≥ 1.5× as fast | met |");
  expect(text).toContain("| Ghost | size in the bucket, MB | 11 | 10 | 1.10× | ≤ 1× | **not met** |");
  expect(text).toContain("| Ghost | backup with its proof, s, beside a dump | 25 | 10 | 2.50× | ≤ 2.5× | met |");
  expect(text).toContain("1.33× as fast | ≥ 1.5× as fast | **not met** |");
  // every run has to be fast enough
  expect(text).toContain("| Ghost's database restored and verified, s | 30 (29–31) | ≤ 30 | **not met** |");
  expect(text).toContain("| large | restore, s | – | – | – | ≥ 1.5× as fast | not measured |");
});
