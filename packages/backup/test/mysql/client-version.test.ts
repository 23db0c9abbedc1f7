import { describe, expect, it } from "vitest";
import { requireClient } from "../../src/mysql/client-version.ts";

const SERVER = "9.7.1";

describe("a client", () => {
  it.each(["9.7.0 for Linux on x86_64 (MySQL Community Server - GPL)", "9.8.0 for Linux", "10.0.0 for Linux"])(
    "is taken: %s",
    (client) => {
      expect(() => requireClient(client, SERVER)).not.toThrow();
    },
  );

  it.each([
    "9.6.3 for Linux on x86_64 (MySQL Community Server - GPL)",
    "8.4.11 for Linux on x86_64 (MySQL Community Server - GPL)",
    "mysqldump  Ver 10.13 Distrib 5.7.44, for Linux (x86_64)",
    "mysqldump from 11.8.3-MariaDB, client 10.19 for debian-linux-gnu (x86_64)",
    "mysqldump  Ver 10.19 Distrib 10.11.6-MariaDB, for debian-linux-gnu (x86_64)",
    "something else",
  ])("is refused: %s", (client) => {
    expect(() => requireClient(client, SERVER)).toThrow("the server 9.7.1");
  });

  it("may be newer than the server", () => {
    expect(() => requireClient("9.7.0 for Linux", "8.0.36-0ubuntu0.22.04.1")).not.toThrow();
  });
});
