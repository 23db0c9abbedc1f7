import { expect, test } from "vitest";
import { marked, unmarked } from "../../src/check/marker.ts";

test("a title is what it was once the mark is taken off", () => {
  for (const title of ["A blog", "", "A [check] blog", "A blog [check 1234]", "Ein Blog – für [check deadbeef] alle"]) {
    expect(marked(title, "0a1b2c3d")).toBe(`${title} [check 0a1b2c3d]`);
    expect(unmarked(marked(title, "0a1b2c3d"))).toBe(title);
  }
});

test("marks of several checks come off together, and are not heaped up", () => {
  expect(unmarked("A blog [check 00000000] [check 11111111]")).toBe("A blog");
  expect(marked("A blog [check 00000000]", "11111111")).toBe("A blog [check 11111111]");
});
