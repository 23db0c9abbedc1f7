import type { ObjectCannedACL, StorageClass } from "@aws-sdk/client-s3";
import { isMutable, type Presentation } from "./content-type.ts";
import type { ResolvedOptions } from "../options/options.ts";
import type { ObjectHeaders } from "../store/store.ts";

/** The headers with which a file is stored. What is not configured is not sent: the bucket decides. */
export function objectHeaders(options: ResolvedOptions, presentation: Presentation, path: string): ObjectHeaders {
  const { contentType, contentDisposition } = presentation;
  return {
    ContentType: contentType,
    CacheControl: isMutable(path) ? options.cacheControlMutable : options.cacheControl,
    ...(contentDisposition && { ContentDisposition: contentDisposition }),
    ...(options.storageClass && { StorageClass: options.storageClass as StorageClass }),
    ...(options.serverSideEncryption && { ServerSideEncryption: options.serverSideEncryption }),
    ...(options.sseKmsKeyId && { SSEKMSKeyId: options.sseKmsKeyId }),
    ...(options.tags && { Tagging: new URLSearchParams(options.tags).toString() }),
    ...(options.acl && { ACL: options.acl as ObjectCannedACL }),
  };
}
