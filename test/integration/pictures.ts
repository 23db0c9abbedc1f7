import sharp from "sharp";

/** A small picture without any metadata; another width is another picture. */
export function picture(format: "png" | "jpeg" | "webp" = "png", width = 8, height = 8): Promise<Buffer> {
  const noise = { type: "gaussian", mean: 128, sigma: 40 } as const;
  return sharp({ create: { width, height, channels: 3, background: "#08c", noise } })
    .toFormat(format)
    .toBuffer();
}

/** A JPEG of a telephone: with the place, turned by a quarter, and with a colour profile. */
export function telephoneJpeg(width = 400, height = 300): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 3, background: "#fc6" } })
    .withMetadata({ orientation: 6 })
    .withIccProfile("p3")
    .withExif({
      IFD0: { Make: "Telephone" },
      IFD3: {
        GPSLatitudeRef: "N",
        GPSLatitude: "52/1 31/1 1200/100",
        GPSLongitudeRef: "E",
        GPSLongitude: "13/1 24/1 0/1",
      },
    })
    .jpeg()
    .toBuffer();
}
