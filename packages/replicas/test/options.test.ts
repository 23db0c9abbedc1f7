import { describe, expect, test } from "vitest";
import { readOptions } from "../src/configuration/options.ts";
import { Failure } from "../src/failure.ts";

describe("the block replicas", () => {
  test("may be missing: every option but the bucket has a default", () => {
    const options = readOptions(undefined);
    expect(options).toMatchObject({ pollInterval: 500, healthPort: 9417, prefix: "replicas", untestedGhost: false });
    expect(options.bucket).toBeUndefined();
  });

  test("shows all mistakes at once, with what would be right", () => {
    const failure = failureOf({ pollInterval: 5, bukket: "x", Bucket: "y", healthPort: "web", accessKeyId: "AKIA" });
    expect(failure.exitCode).toBe(64);
    expect(failure.message).toContain("5 mistakes");
    expect(failure.message).toContain("pollInterval: given 5; expected milliseconds from 100 to 10000");
    expect(failure.message).toContain('Bucket: no such option; expected "bucket"');
    expect(failure.message).toContain("bukket: no such option; expected one of bucket, prefix");
    expect(failure.message).toContain('healthPort: given "web"; expected a port number');
    expect(failure.message).toContain("secretAccessKey: missing, but accessKeyId is given");
  });

  test("never shows a secret", () => {
    const failure = failureOf({ accessKeyId: "AKIAVERYSECRET", secretAccessKey: { no: "hunter2" } });
    expect(failure.message).not.toMatch(/hunter2|AKIAVERYSECRET/);
    expect(failure.message).toContain("secretAccessKey: given a value that is not shown");
  });

  test("takes what an unset variable leaves for not given, and digits for a name", () => {
    expect(readOptions({ bucket: "", endpoint: null, region: "" }).bucket).toBeUndefined();
    expect(readOptions({ bucket: 20_261_125 }).bucket).toBe("20261125");
  });

  test("must be a block", () => {
    expect(failureOf("yes").message).toContain('replicas: given "yes"; expected a block of options');
  });
});

function failureOf(input: unknown): Failure {
  try {
    readOptions(input);
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error("There was no mistake");
}
