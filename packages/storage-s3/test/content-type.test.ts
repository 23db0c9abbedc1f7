import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { isOriginal } from "../src/paths/original.ts";
import { inert, isMutable, presentationOf } from "../src/preparation/content-type.ts";
import { fromBytes } from "../src/upload/source.ts";

const IMAGES = "content/images";
const MEDIA = "content/media";
const FILES = "content/files";

const present = (bytes: Buffer | string, path: string, prefix = IMAGES) =>
  presentationOf(fromBytes(Buffer.from(bytes)), path, prefix);

const typeOf = async (bytes: Buffer | string, path: string, prefix = IMAGES): Promise<string> =>
  (await present(bytes, path, prefix)).contentType;

const pixel = sharp({ create: { width: 8, height: 8, channels: 3, background: "red" } });
const webp = await pixel.clone().webp().toBuffer();
const jpeg = await pixel.clone().jpeg().toBuffer();
const avif = await pixel.clone().avif().toBuffer();

const ZIP = Buffer.from("PK\x03\x04\x14\0\0\0\0\0aaaabbbbccccddddeeee", "latin1");
const HTML = "<!DOCTYPE html><script>alert(1)</script>";
const SVG = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>';

/** Types that no browser runs, whatever it makes of them. */
const INERT = /^(text\/plain|application\/octet-stream)$/;

describe("the type", () => {
  test("is that of the bytes, not of the name", async () => {
    expect(await typeOf(webp, "size/w600/format/webp/2026/11/a.jpg")).toBe("image/webp");
    expect(await typeOf(webp, "2026/11/a.jpg")).toBe("image/webp");
    expect(await typeOf(avif, "size/w600/format/avif/2026/11/a.png")).toBe("image/avif");
    expect(await typeOf(jpeg, "2026/11/a")).toBe("image/jpeg");
  });

  test("comes from the segment of the format, then from the extension, when the bytes tell nothing", async () => {
    expect(await typeOf("??", "size/w600/format/webp/2026/11/a.jpg")).toBe("image/webp");
    expect(await typeOf("??", "2026/11/a.jpg")).toBe("image/jpeg");
    expect(await typeOf("", "2026/11/a.mp3", MEDIA)).toBe("audio/mpeg");
  });

  test("is unknown where nothing tells it", async () => {
    expect(await typeOf("??", "2026/11/a")).toBe("application/octet-stream");
    expect(await typeOf("", "2026/11/a")).toBe("application/octet-stream");
    expect(await typeOf("??", "2026/11/a.qqq")).toBe("application/octet-stream");
  });

  test("of an office file is not that of the archive it is", async () => {
    const docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
    expect(await typeOf(ZIP, "2026/11/a.docx", MEDIA)).toBe(docx);
    expect(await typeOf(ZIP, "2026/11/a.zip", MEDIA)).toBe("application/zip");
    expect(await typeOf(ZIP, "2026/11/a", MEDIA)).toBe("application/zip");
  });
});

describe("nothing can run on the asset host", () => {
  const dangerous: [string, string, string][] = [
    ["a page", HTML, "a.html"],
    ["a page of another name", HTML, "a.htm"],
    ["a page as XHTML", HTML, "a.xhtml"],
    ["a script", "alert(1)", "a.js"],
    ["a module", "alert(1)", "a.mjs"],
    ["a style sheet", "a{}", "a.css"],
    ["XML", `<?xml version="1.0"?><x xmlns="http://www.w3.org/1999/xhtml"><script/></x>`, "a.xml"],
    ["a transformation", "<?xml version='1.0'?><xsl:stylesheet/>", "a.xsl"],
    ["a feed", "<?xml version='1.0'?><rss/>", "a.rss"],
    ["an archive of a page", "MIME-Version: 1.0", "a.mhtml"],
    ["a mail", "From: x", "a.eml"],
    ["a manifest", "CACHE MANIFEST", "a.appcache"],
    ["MathML", "<math/>", "a.mathml"],
  ];

  for (const prefix of [IMAGES, MEDIA, FILES]) {
    test.each(dangerous)(`in ${prefix}: %s`, async (_name, bytes, path) => {
      const { contentType, contentDisposition } = await present(bytes, path, prefix);
      expect(contentType).toMatch(INERT);
      expect(contentDisposition).toBe("attachment");
    });

    test(`in ${prefix}: an SVG that opens as a document`, async () => {
      expect((await present(SVG, "a.svg", prefix)).contentDisposition).toBe("attachment");
      expect((await present(`<?xml version="1.0"?>${SVG}`, "a.svg", prefix)).contentDisposition).toBe("attachment");
    });

    test(`in ${prefix}: a format segment that names something else`, async () => {
      for (const format of ["html", "svg", "js", "xml"]) {
        const { contentDisposition } = await present(HTML, `size/w600/format/${format}/2026/a.jpg`, prefix);
        expect(contentDisposition, format).toBe("attachment");
      }
    });
  }

  test("an SVG still shows as an image", async () => {
    expect(await typeOf(SVG, "a.svg")).toBe("image/svg+xml");
    expect(await typeOf(`<?xml version="1.0"?>${SVG}`, "a.svg")).toBe("image/svg+xml");
  });

  test("an SVG with the name of an image is served as that image, which cannot run", async () => {
    expect(await typeOf(SVG, "a.jpg")).toBe("image/jpeg");
  });

  test("XML behind the name of a picture does not become XML", async () => {
    const { contentType } = await present(`<?xml version="1.0"?>${SVG}`, "a.png");
    expect(contentType).toBe("image/png");
  });

  test("a GIF that is a script as well is a GIF", async () => {
    expect(await typeOf("GIF89a/*\0\0\0\0*/=1;alert(1)", "a.js")).toBe("image/gif");
  });

  test("a page that begins as a PDF is a PDF", async () => {
    expect(await typeOf(`%PDF-1.4\n${HTML}`, "a.html", FILES)).toBe("application/pdf");
  });
});

describe("the files endpoint", () => {
  test.each([
    ["a.pdf", "%PDF-1.4", "application/pdf"],
    ["a.json", "{}", "application/json"],
    ["a.txt", "hello", "text/plain"],
    ["a.mp3", "??", "audio/mpeg"],
    ["a.woff2", "??", "font/woff2"],
  ])("%s opens in the browser", async (path, bytes, type) => {
    expect(await present(bytes, path, FILES)).toEqual({ contentType: type, contentDisposition: undefined });
  });

  test.each(["a.docx", "a.exe", "a.zip", "a", "a.svg", "a.swf", "a.csv"])("%s is a download", async (path) => {
    expect((await present("??", path, FILES)).contentDisposition).toBe("attachment");
  });
});

test("an HTML type with parameters is no way around", () => {
  expect(inert("text/html; charset=utf-8", "a", IMAGES).contentType).toMatch(INERT);
  expect(inert("application/xhtml+xml", "a", IMAGES).contentType).toMatch(INERT);
});

test("names tell what can be replaced and what is an original", () => {
  expect([isMutable("2026/v_thumb.jpg"), isMutable("2026/thumb.jpg"), isMutable("v_thumb/a.jpg")]).toEqual([
    true,
    false,
    false,
  ]);
  expect([isOriginal("a_o.jpg"), isOriginal("a_o/b.jpg"), isOriginal("ao.jpg")]).toEqual([true, false, false]);
});
