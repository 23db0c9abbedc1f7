import { expect, test } from "vitest";
import type { Row } from "../row.ts";
import { imageSection } from "./section.ts";
import { OFFICIAL, OURS } from "./subjects.ts";

const rows = (name: string, metric: string, values: Record<string, number[]>): Row[] =>
  Object.entries(values).flatMap(([subject, all]) =>
    all.map((value) => ({ subject, case: name, metric, value, unit: "" })),
  );

test("the section of the image compares medians with the official recipe", () => {
  const text = imageSection({
    rows: [
      ...rows("image-size", "size", { [OURS]: [400], [OFFICIAL]: [1000] }),
      ...rows("image-start", "home", { [OURS]: [3, 4, 9], [OFFICIAL]: [5, 5, 5] }),
    ],
    machine: { cpu: "a processor", cores: 2, memoryGiB: 8, system: "Linux", node: "v24" },
    date: new Date("2026-01-02T03:04:05Z"),
    command: "npm run bench:image",
  });
  expect(text).toContain("| size, MB | 400 | – | 1000 | 40 % | ≤ 65 % | met |");
  expect(text).toContain("| start to the first home page, s | 4 (3–9) | – | 5 | 80 % | ≤ 70 % | **not met** |");
});
