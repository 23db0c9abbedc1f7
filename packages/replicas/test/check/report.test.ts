import { expect, test } from "vitest";
import { Report } from "../../src/check/report.ts";
import { Undo } from "../../src/check/undo.ts";
import { Failure } from "../../src/failure.ts";

const broken = new Failure("The cause.", { effect: "The effect.", next: "The next step.", exitCode: 1 });

async function run(report: Report): Promise<void> {
  await report.step(
    "do a thing",
    async () => 3,
    (count) => `${count} times`,
  );
  await report
    .step("do another", async () => {
      throw broken;
    })
    .catch(() => {});
}

test("a line a step, then why, then a sum", async () => {
  const lines: string[] = [];
  const report = new Report((text) => lines.push(text));
  await run(report);
  expect(lines).toEqual([
    expect.stringMatching(/^ok {7}\d+\.\d\d s {2}do a thing \(3 times\)\n$/),
    expect.stringMatching(/^FAILED {3}\d+\.\d\d s {2}do another\n$/),
  ]);
  expect(report.text([broken])).toMatch(
    /^\nThe cause\.\nThe effect\.\nThe next step\.\n\n1 step passed and 1 failed in \d/,
  );
  expect(new Report().text([])).toMatch(/^\nAll 0 steps passed in \d+\.\d\d s\.\n$/);
});

test("as JSON it is one object", async () => {
  const report = new Report();
  await run(report);
  expect(JSON.parse(report.json([broken, new Error("a surprise")]))).toEqual({
    result: "failed",
    seconds: expect.any(Number),
    steps: [
      { step: "do a thing", outcome: "ok", seconds: expect.any(Number), remark: "3 times" },
      { step: "do another", outcome: "FAILED", seconds: expect.any(Number) },
    ],
    errors: [
      { cause: "The cause.", effect: "The effect.", next: "The next step." },
      { cause: "a surprise", effect: expect.any(String), next: expect.any(String) },
    ],
  });
});

test("everything is undone, the last first, and after a failure nothing is waited for any more", async () => {
  const undone: string[] = [];
  const undo = new Undo();
  for (const name of ["first", "second", "third"]) {
    undo.note(name, async (sound) => {
      undone.push(`${name} ${sound}`);
      if (name === "second") throw new Error("it broke");
      return name;
    });
  }
  const error = expect.objectContaining({ message: "This check could not second: it broke" });
  expect(await undo.run(new Report().step, true)).toEqual([error]);
  expect(undone).toEqual(["third true", "second true", "first false"]);
  expect(await undo.run(new Report().step, true)).toEqual([]);
});
