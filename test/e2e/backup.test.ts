import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../integration/replicas/eventually.ts";
import { describeWith } from "../needs.ts";
import type { Article } from "./blog.ts";
import type { Kind } from "./cluster/kind.ts";
import { backupImage, GHOST, imageOf, nameOf } from "./images.ts";
import { CLUSTER_NEEDS } from "./needs.ts";
import { backedUp, loseUploads, startStore } from "./outside.ts";
import { enclose, enter, type Stage } from "./stage.ts";

const NAME = "night";

/** In kubectl's words; a backup of a small blog takes half a minute, most of it for a MySQL to start. */
const RUN = "300s";

describeWith(CLUSTER_NEEDS, "a blog that is backed up", () => {
  let kind: Kind;
  let stage: Stage;
  let removeStore: (() => Promise<unknown>) | undefined;
  let given: object;
  let article: Article;
  let picture: Buffer;

  beforeAll(async () => {
    ({ kind } = await enter());
    const [ghost, backup] = [await imageOf(GHOST.now), await backupImage()];
    await kind.load([nameOf(backup)]);
    removeStore = await startStore(kind);
    given = backedUp(NAME, ghost, backup);
    stage = await enclose(kind, NAME);
    await stage.release.install(given);
    await readersGetIn();
    await stage.blog.setUp();
    article = await stage.blog.publish("Before the worst day");
    picture = await bytesAt(article.picture);
  });

  afterAll(async () => {
    await kind?.kubectl.run(["delete", "namespace", NAME, "--ignore-not-found"]);
    await removeStore?.();
  });

  const readersGetIn = () => eventually("readers get in", async () => (await stage.blog.page("/")).status === 200);

  const bytesAt = async (path: string) => Buffer.from(await (await stage.blog.page(path)).arrayBuffer());

  const logOf = (job: string) => stage.release.kubectl.run(["logs", `job/${job}`]);

  async function bringBack(): Promise<void> {
    expect(await stage.release.pods()).toEqual([]);
    await stage.release.upgrade({ backup: { restore: "" } });
    await readersGetIn();
    expect((await stage.release.readyPods()).length).toBeGreaterThanOrEqual(2);
  }

  test("has a proven backup when a run of the CronJob has ended", async () => {
    const { kubectl } = stage.release;
    await kubectl.run(["create", "job", `--from=cronjob/${NAME}-backup`, "first"]);
    await kubectl.run(["wait", "job/first", "--for=condition=complete", `--timeout=${RUN}`]);
    expect(await logOf("first")).toMatch(/verified mysql\/ghost\/\d{8}T\d{6}Z/);
    await kubectl.run(["create", "job", `--from=cronjob/${NAME}-drill`, "drill"]);
    await kubectl.run(["wait", "job/drill", "--for=condition=complete", `--timeout=${RUN}`]);
  });

  test("is back with its post and its picture after its database, its namespace and its uploads were lost", async () => {
    const drop = 'mysql -uroot -p"$MYSQL_ROOT_PASSWORD" -e "DROP DATABASE ghost"';
    await stage.release.kubectl.run(["exec", `statefulset/${NAME}-mysql`, "--", "sh", "-c", drop]);
    await kind.kubectl.run(["delete", "namespace", NAME, "--timeout=300s"]);
    await loseUploads(kind);
    stage = await enclose(kind, NAME);
    await stage.release.install(given, ["--set", "backup.restore=latest"]);
    expect(await logOf(`${NAME}-restore`)).toContain("restored and verified mysql/ghost/");
    expect(await logOf(`${NAME}-restore`)).toMatch(/restored the content of uploads into uploads {2}[1-9]/);
    await bringBack();
    expect(await (await stage.blog.page(article.path)).text()).toContain(article.title);
    expect((await bytesAt(article.picture)).equals(picture)).toBe(true);
  });

  test("goes back to the night before, when its pods have left, and what was written since is kept", async () => {
    await stage.blog.logIn();
    const later = await stage.blog.publish("Written since");
    expect((await stage.blog.page(later.path)).status).toBe(200);
    await stage.release.upgrade({ backup: { restore: "latest" } });
    expect(await logOf(`${NAME}-restore`)).toMatch(/What was there before is the backup \S+-before-restore/);
    await bringBack();
    expect((await stage.blog.page(later.path)).status).toBe(404);
    expect((await stage.blog.page(article.path)).status).toBe(200);
  });
});
