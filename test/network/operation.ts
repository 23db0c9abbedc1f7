/** The S3 operations the proxy tells apart; whatever else a client sends is `Other`. */
export type Operation =
  | "PutObject"
  | "CopyObject"
  | "UploadPart"
  | "CreateMultipartUpload"
  | "CompleteMultipartUpload"
  | "AbortMultipartUpload"
  | "HeadObject"
  | "GetObject"
  | "ListObjectsV2"
  | "DeleteObject"
  | "DeleteObjects"
  | "Other";

/** Names the operation of a path-style request (https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations.html). */
export function operationOf(method: string, url: string, headers: Record<string, unknown> = {}): Operation {
  const { pathname, searchParams } = new URL(url, "http://store");
  const aboutObject = /^\/[^/]+\/./.test(pathname);
  const multipart = searchParams.has("uploadId");
  switch (method) {
    case "PUT":
      if (multipart) return "UploadPart";
      if (!aboutObject || searchParams.has("tagging") || searchParams.has("acl")) return "Other";
      return headers["x-amz-copy-source"] === undefined ? "PutObject" : "CopyObject";
    case "POST":
      if (searchParams.has("uploads")) return "CreateMultipartUpload";
      if (multipart) return "CompleteMultipartUpload";
      return searchParams.has("delete") ? "DeleteObjects" : "Other";
    case "DELETE":
      if (multipart) return "AbortMultipartUpload";
      return aboutObject ? "DeleteObject" : "Other";
    case "HEAD":
      return aboutObject ? "HeadObject" : "Other";
    case "GET":
      if (searchParams.get("list-type") === "2") return "ListObjectsV2";
      return aboutObject && !multipart && !searchParams.has("tagging") ? "GetObject" : "Other";
    default:
      return "Other";
  }
}
