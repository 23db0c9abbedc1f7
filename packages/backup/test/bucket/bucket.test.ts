import { describe, expect, it } from "vitest";
import { binlogPrefix } from "../../src/binlog/names.ts";
import {
  binlogRule,
  contentRule,
  contentTiersRule,
  expiryRule,
  holdsRule,
  tiersRule,
} from "../../src/bucket/lifecycle.ts";
import { policyFor, ROLES, type Role } from "../../src/bucket/policies.ts";

const place = { bucket: "my-backups", prefix: "mysql", region: "eu-central-1" };

/** What a role may do something with. */
const allowed = (role: Role, action: string): string[] =>
  policyFor(role, { ...place, content: ["my-uploads"] })
    .Statement.filter(({ Action }) => Action.includes(action))
    .flatMap(({ Resource }) => Resource);

describe("the policies", () => {
  it("let nobody delete", () => {
    for (const role of ROLES) {
      expect(JSON.stringify(policyFor(role, { ...place, content: ["my-uploads"] }))).not.toMatch(
        /Delete|"s3:\*"|PutBucket|Retention/,
      );
    }
  });

  it("let only a restorer write content, and a writer its mirror", () => {
    const backups = ["mysql", "mysql-binlog", "content"].map((folder) => `arn:aws:s3:::my-backups/${folder}/*`);
    const content = "arn:aws:s3:::my-uploads/*";
    expect(allowed("writer", "s3:PutObject")).toEqual(backups);
    expect(allowed("writer", "s3:GetObject")).toEqual([...backups, content]);
    expect(allowed("writer", "s3:ListBucket")).toEqual(["arn:aws:s3:::my-backups", "arn:aws:s3:::my-uploads"]);
    expect(allowed("reader", "s3:PutObject")).toEqual([]);
    expect(allowed("restorer", "s3:PutObject")).toEqual([...backups, content]);
  });

  it("let a reader write nothing, and keep both below the prefix", () => {
    expect(JSON.stringify(policyFor("reader", place))).not.toMatch(/Put/);
    expect(JSON.stringify(policyFor("writer", place))).toContain("arn:aws:s3:::my-backups/mysql/*");
  });

  it("reach the binary logs beside the prefix", () => {
    const key = `arn:aws:s3:::my-backups/${binlogPrefix("mysql")}/*`;
    for (const role of ["writer", "reader"] as const) expect(JSON.stringify(policyFor(role, place))).toContain(key);
    expect(JSON.stringify(policyFor("writer", { ...place, prefix: "" }))).toContain("arn:aws:s3:::my-backups/*");
  });
});

describe("the lifecycle", () => {
  it("ends binary logs earlier than backups, and nothing else", () => {
    const rule = binlogRule("mysql");
    expect(rule).toMatchObject({ Filter: { Prefix: "mysql-binlog/" }, Expiration: { Days: 35 } });
    expect(rule.Transitions).toBeUndefined();
    expect(holdsRule([rule, expiryRule("mysql")], rule)).toBe(true);
    expect(holdsRule([expiryRule("mysql")], rule)).toBe(false);
  });

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

  it("of content never ends what is current, and is not that of the dumps", () => {
    const rule = contentRule();
    expect(rule.Expiration).toBeUndefined();
    expect(contentTiersRule().Transitions).toEqual([{ Days: 30, StorageClass: "STANDARD_IA" }]);
    expect(contentTiersRule().Expiration).toBeUndefined();
    expect(holdsRule([expiryRule("mysql")], rule)).toBe(false);
    expect(holdsRule([{ ...rule, Expiration: { Days: 365 } }], rule)).toBe(false);
    expect(holdsRule([{ ...rule, Filter: { Prefix: "" } }], rule)).toBe(false);
    expect(holdsRule([expiryRule("mysql"), rule], rule)).toBe(true);
  });
});
