import { describe, expect, test } from "vitest";
import type { Row } from "../row.ts";
import { withPart, withRows } from "./results-files.ts";

const row = (name: string, value: number): Row => ({ subject: "a", case: name, metric: "time", value, unit: "s" });

describe("two benches in the same files", () => {
  test("each replaces its own part of the page and keeps the other's", () => {
    const first = withPart("", "storage", "# Side by side\n");
    expect(first).toBe("# Side by side\n");
    const both = withPart(first, "replicas", "# Replicas");
    expect(both).toBe("# Side by side\n\n<!-- replicas:begin -->\n\n# Replicas\n\n<!-- replicas:end -->\n");
    expect(withPart(both, "storage", "# Anew\n")).toContain("# Anew\n\n<!-- replicas:begin -->\n\n# Replicas\n");
    expect(withPart(both, "replicas", "# Again")).toBe(both.replace("# Replicas", "# Again"));
    const all = withPart(both, "image", "# Image");
    expect(all).toBe(`${both}\n<!-- image:begin -->\n\n# Image\n\n<!-- image:end -->\n`);
    expect(withPart(all, "replicas", "# Again")).toBe(all.replace("# Replicas", "# Again"));
  });

  test("and its own rows", () => {
    const old = [row("video", 1), row("replicas-start", 2)];
    expect(withRows(old, "storage", [row("video", 3)])).toEqual([row("video", 3), row("replicas-start", 2)]);
    expect(withRows(old, "replicas", [row("replicas-start", 4)])).toEqual([row("video", 1), row("replicas-start", 4)]);
    expect(withRows(old, "image", [row("image-size", 5)])).toEqual([...old, row("image-size", 5)]);
  });
});
