import { describe, expect, it } from "vitest";
import { holdsRule, lifecycleRule } from "../../src/bucket/lifecycle.ts";
import { policyFor } from "../../src/bucket/policies.ts";

const place = { bucket: "my-backups", prefix: "mysql", region: "eu-central-1" };

describe("the policies", () => {
  it("let nobody delete", () => {
    for (const role of ["writer", "reader"] as const) {
      expect(JSON.stringify(policyFor(role, place))).not.toMatch(/Delete|"s3:\*"|PutBucket|Retention/);
    }
  });

  it("let a reader write nothing, and keep both below the prefix", () => {
    expect(JSON.stringify(policyFor("reader", place))).not.toMatch(/Put/);
    expect(JSON.stringify(policyFor("writer", place))).toContain("arn:aws:s3:::my-backups/mysql/*");
  });
});

describe("the lifecycle", () => {
  it("is held when the store says so, and not when it lost a tier", () => {
    const rule = lifecycleRule("mysql", true);
    expect(holdsRule([{ ...rule, Prefix: "" } as never], rule)).toBe(true);
    expect(holdsRule([{ ...rule, Transitions: rule.Transitions?.slice(1) }], rule)).toBe(false);
    expect(holdsRule([{ ...rule, Status: "Disabled" }], rule)).toBe(false);
    expect(holdsRule([], rule)).toBe(false);
  });
});
