/// <reference lib="dom" />
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { photo } from "@stateless-ghost/local";
import { chromium as driver, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFailed, test } from "vitest";
import { chromium, chromiumPath, describeWith } from "../needs.ts";
import { ACCOUNT, startBlog, type StartedBlog } from "./started-blog.ts";

/** Nothing of what a browser does by itself, and no sandbox: in containers there is none to be had. */
const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"];

/** An author's patience with two busy cores. */
const PATIENCE_MS = 30_000;

describeWith([chromium], "in a browser", () => {
  let blog: StartedBlog;
  let browser: Browser;
  let page: Page;
  /** What the author's browser complained of: whoever waits in vain wants to know. */
  const troubles: string[] = [];

  let home: string;

  beforeAll(async () => {
    // Chromium leaves folders in the home of whoever starts it.
    home = await mkdtemp(join(tmpdir(), "browser-"));
    [blog, browser] = await Promise.all([
      startBlog({ secondOrigin: true }),
      driver.launch({ executablePath: chromiumPath as string, args: FLAGS, env: { ...process.env, HOME: home } }),
    ]);
    page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    page.setDefaultTimeout(PATIENCE_MS);
    page.on("console", (message) => void (message.type() === "error" && troubles.push(message.text())));
    page.on("requestfailed", (request) => void troubles.push(`${request.failure()?.errorText} ${request.url()}`));
    page.on(
      "response",
      (answer) => void (answer.status() >= 400 && troubles.push(`${answer.status()} ${answer.url()}`)),
    );
  });

  afterAll(async () => {
    await browser.close();
    await rm(home, { recursive: true, force: true });
    await blog.stop();
  });

  /** Drops a file as the operating system would. */
  async function drop(selector: string, name: string, type: string, bytes: Uint8Array): Promise<void> {
    const transfer = await page.evaluateHandle(
      ({ base64, fileName, fileType }) => {
        const data = new DataTransfer();
        const content = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
        data.items.add(new File([content], fileName, { type: fileType }));
        return data;
      },
      { base64: Buffer.from(bytes).toString("base64"), fileName: name, fileType: type },
    );
    for (const event of ["dragenter", "dragover", "drop"]) {
      await page.dispatchEvent(selector, event, { dataTransfer: transfer });
    }
  }

  test("a picture that is dropped into the editor is read from the CDN, in the size of the screen", async () => {
    onTestFailed(async () => console.error([page.url(), await page.innerText("body"), ...troubles].join("\n")));
    const { bytes } = await photo("meadow.jpg");
    await page.goto(`${blog.url}/ghost/#/signin`);
    await page.fill("input[name=identification]", ACCOUNT.email);
    await page.fill("input[name=password]", ACCOUNT.password);
    await page.click("button[type=submit]");
    await page.waitForURL(/#\/(?!signin)/);

    await page.goto(`${blog.url}/ghost/#/editor/post`);
    await page.fill("[data-test-editor-title-input]", "A meadow");
    const editor = "[data-secondary-instance=false] [data-kg=editor]";
    await page.click(editor);
    await drop(editor, "meadow.jpg", "image/jpeg", bytes);
    await page.waitForSelector(`img[src^="${blog.edge.url}/content/images/"]`);
    await page.waitForFunction(() => !document.querySelector("[data-testid=upload-progress]"));

    await page.click("[data-test-button=publish-flow]");
    await page.click("[data-test-button=continue]");
    // it pulses, and so never comes to rest
    await page.click("[data-test-button=confirm-publish]", { force: true });
    await page.waitForSelector("[data-test-publish-flow=complete]");

    const visitor = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    const failed: string[] = [];
    visitor.on(
      "response",
      (answer) => void (answer.status() >= 400 && failed.push(`${answer.status()} ${answer.url()}`)),
    );
    await visitor.goto(`${blog.url}/a-meadow/`);
    const picture = visitor.locator("article img[src*=meadow]").first();
    await picture.scrollIntoViewIfNeeded();
    await expect
      .poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth), { timeout: PATIENCE_MS })
      .toBeGreaterThan(0);
    const shown = await picture.evaluate(({ src, srcset, currentSrc }: HTMLImageElement) => ({
      src,
      srcset,
      currentSrc,
    }));
    const cdn = `${blog.edge.url}/content/images/`;
    expect(shown.src.startsWith(cdn)).toBe(true);
    expect(shown.currentSrc).toMatch(/\/size\/w\d+\//);
    const candidates = shown.srcset.split(",").map((candidate) => candidate.trim().split(" ")[0] ?? "");
    expect(candidates.length).toBeGreaterThanOrEqual(3);
    for (const candidate of candidates) {
      expect(candidate.startsWith(cdn)).toBe(true);
      const width = await visitor.evaluate(async (source) => {
        const image = new Image();
        image.src = source;
        await image.decode();
        return image.naturalWidth;
      }, candidate);
      expect(width, candidate).toBe(Number(/\/size\/w(\d+)\//.exec(candidate)?.[1] ?? 2000));
    }
    expect(failed.filter((answer) => answer.includes(blog.edge.url))).toEqual([]);

    await visitor.screenshot({ path: join(import.meta.dirname, "../../.state/browser/post.png") });
    await visitor.close();
  });
});
