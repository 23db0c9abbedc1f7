import sharp from "sharp";
import type { AdminApi, Post, UploadFile } from "../admin-api.ts";
import { drawing, pdf, photo, thumbnail, video } from "../fixtures/media.ts";
import { get } from "./fetched.ts";

/** What was uploaded, and where Ghost says it is. */
export interface Article {
  photo: UploadFile & { url: string };
  drawing: UploadFile & { url: string };
  video: UploadFile & { url: string; thumbnailUrl: string };
  thumbnail: UploadFile;
  pdf: UploadFile & { url: string };
}

export async function uploadPictures(api: AdminApi): Promise<Pick<Article, "photo" | "drawing">> {
  const picture = await photo();
  const drawn = drawing();
  return {
    photo: { ...picture, url: (await api.uploadImage(picture)).url },
    drawing: { ...drawn, url: (await api.uploadImage(drawn)).url },
  };
}

export async function uploadVideo(api: AdminApi): Promise<Pick<Article, "video" | "thumbnail">> {
  const film = video();
  const frame = await thumbnail();
  const { url, thumbnail_url: thumbnailUrl } = await api.uploadMedia(film, frame);
  return { video: { ...film, url, thumbnailUrl: thumbnailUrl ?? "" }, thumbnail: frame };
}

export async function uploadPdf(api: AdminApi): Promise<Pick<Article, "pdf">> {
  const paper = pdf();
  return { pdf: { ...paper, url: (await api.uploadFile(paper)).url } };
}

/** Writes the post with a card for each upload, as the editor would save it, and publishes it. */
export async function publish(api: AdminApi, article: Article): Promise<Post> {
  // the editor measures a picture where it finds it, after Ghost has made it smaller
  const { bytes } = await get(article.photo.url);
  const { width, height } = await sharp(bytes).metadata();
  const draft = await api.createPost({
    title: "A post with everything in it",
    lexical: JSON.stringify(document(article, { width, height })),
    feature_image: article.photo.url,
  });
  return api.publish(draft);
}

function document(article: Article, size: { width: number; height: number }): object {
  const { photo: picture, drawing: drawn, video: film, pdf: paper } = article;
  const children = [
    { type: "image", version: 1, src: picture.url, ...size, alt: "A sky", title: "", caption: "", cardWidth: "wide" },
    { type: "image", version: 1, src: drawn.url, width: 100, height: 100, alt: "A disc", title: "", caption: "" },
    {
      type: "video",
      version: 1,
      src: film.url,
      fileName: film.name,
      mimeType: film.type,
      width: 640,
      height: 360,
      duration: 10,
      thumbnailSrc: film.thumbnailUrl,
      thumbnailWidth: 640,
      thumbnailHeight: 360,
      cardWidth: "regular",
      loop: false,
    },
    {
      type: "file",
      version: 1,
      src: paper.url,
      fileTitle: "A paper",
      fileCaption: "",
      fileName: paper.name,
      fileSize: paper.bytes.byteLength,
    },
    { type: "paragraph", version: 1, children: [], direction: null, format: "", indent: 0 },
  ];
  return { root: { type: "root", version: 1, children, direction: null, format: "", indent: 0 } };
}
