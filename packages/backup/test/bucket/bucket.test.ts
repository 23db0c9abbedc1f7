import { describe, expect, it } from "vitest";
import { expiryRule, holdsRule, tiersRule } from "../../src/bucket/lifecycle.ts";
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
    const expiry = expiryRule("mysql");
    const tiers = tiersRule("mysql");
    expect(holdsRule([expiry, tiers], tiers)).toBe(true);
    expect(holdsRule([{ ...tiers, Transitions: tiers.Transitions?.slice(1) }], tiers)).toBe(false);
    expect(holdsRule([{ ...tiers, Status: "Disabled" }], tiers)).toBe(false);
    expect(holdsRule([expiry], tiers)).toBe(false);
    expect(holdsRule([{ ...expiry, Filter: undefined, Prefix: "mysql/" } as never], expiry)).toBe(true);
  });

  it("moves no manifest, and removes each with its dump", () => {
    const tiers = tiersRule("mysql");
    // of a thousand tables: about 330 bytes each
    expect(tiers.Filter?.And?.ObjectSizeGreaterThan).toBeGreaterThan(330_000);
    expect(holdsRule([{ ...tiers, Filter: { Prefix: "mysql/" } }], tiers)).toBe(false);
    expect(tiers.Expiration).toBeUndefined();
    expect(expiryRule("mysql").Filter).toEqual({ Prefix: "mysql/" });
  });

  it("names one predicate alone where there is no prefix", () => {
    expect(tiersRule("").Filter).toEqual({ ObjectSizeGreaterThan: 1024 * 1024 });
    expect(expiryRule("").Filter).toEqual({ Prefix: "" });
  });
});
