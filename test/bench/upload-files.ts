import { randomBytes } from "node:crypto";
import { open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";

/** A file as Ghost hands it to an adapter's `save`. */
export interface UploadFile {
  path: string;
  name: string;
  type: string;
  ext: string;
}

export interface UploadFiles {
  video: UploadFile;
  image10: UploadFile;
  image9: UploadFile;
  photo: UploadFile;
  tiny: UploadFile;
  /** Fifty pictures with one name and different bytes. */
  equalNames: UploadFile[];
}

const MB = 1_000_000;

/** As a camera writes them, so that an adapter that removes the place has something to remove. */
const GPS = {
  GPSLatitudeRef: "N",
  GPSLatitude: "51/1 30/1 3230/100",
  GPSLongitudeRef: "W",
  GPSLongitude: "0/1 7/1 3960/100",
};

/** Writes everything that will be uploaded into `folder`, outside of any measured process. */
export async function writeUploadFiles(folder: string): Promise<UploadFiles> {
  const jpeg = async (name: string, bytes: number) => {
    const path = join(folder, name);
    await writeFile(path, await jpegOf(bytes));
    return { path, name, type: "image/jpeg", ext: ".jpg" };
  };
  const video = { path: join(folder, "video.mp4"), name: "video.mp4", type: "video/mp4", ext: ".mp4" };
  await writeVideo(video.path, 200 * MB);
  return {
    video,
    image10: await jpeg("ten.jpg", 10 * MB),
    image9: await jpeg("nine.jpg", 9 * MB),
    photo: await jpeg("photo.jpg", 3 * MB),
    tiny: await jpeg("warm-up.jpg", 20_000),
    equalNames: await Promise.all(Array.from({ length: 50 }, (_, index) => square(folder, index))),
  };
}

/** Random bytes behind the first box of an MP4. */
async function writeVideo(path: string, bytes: number): Promise<void> {
  const file = await open(path, "w");
  const box = Buffer.from("00000018667479706d703432000000006d7034326d703431", "hex");
  await file.write(box);
  for (let left = bytes - box.length; left > 0; left -= MB) await file.write(randomBytes(Math.min(left, MB)));
  await file.close();
}

async function noise(side: number): Promise<Buffer> {
  const background = { r: 128, g: 128, b: 128 };
  const create = {
    width: side,
    height: side,
    channels: 3,
    background,
    noise: { type: "gaussian", sigma: 30 },
  } as const;
  return await sharp({ create }).withExif({ IFD3: GPS }).jpeg({ quality: 90 }).toBuffer();
}

/** A picture of noise whose file is within about a hundredth of `bytes`: the size of such a file goes with its area. */
async function jpegOf(bytes: number): Promise<Buffer> {
  const sample = await noise(500);
  return await noise(Math.round(500 * Math.sqrt(bytes / sample.length)));
}

async function square(folder: string, index: number): Promise<UploadFile> {
  const path = join(folder, `square-${index}.png`);
  const background = { r: index * 5, g: 255 - index * 5, b: index };
  await sharp({ create: { width: 64, height: 64, channels: 3, background } })
    .png()
    .toFile(path);
  return { path, name: "image.png", type: "image/png", ext: ".png" };
}
