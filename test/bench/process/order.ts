import type { UploadFile } from "../upload-files.ts";

/** The part of Ghost's storage adapter that the bench calls. */
export interface Adapter {
  save(file: UploadFile, targetDir?: string): Promise<string>;
  exists(fileName: string, targetDir?: string): Promise<boolean>;
  read(options: { path: string }): Promise<Buffer>;
  saveRaw(buffer: Buffer, targetPath: string): Promise<string>;
  serve(): (request: unknown, response: unknown, next: (error?: unknown) => void) => unknown;
}

export interface UploadOrder {
  work: "upload";
  files: UploadFile[];
  /** Saves under way at once. */
  concurrency: number;
  targetDir?: string;
  /** Saved before measuring starts, so that what is loaded once does not count. Without it the process is cold. */
  warmUp?: UploadFile;
}

export interface SizesOrder {
  work: "sizes";
  /** Ghost's folder: its own express and image-transform are used. */
  ghost: string;
}

/** What a process is told to do, with which adapter. */
export type Order = (UploadOrder | SizesOrder) & { module: string; options: Record<string, unknown> };

export interface UploadOutcome {
  urls: string[];
  /** Milliseconds of each save. */
  latencies: number[];
  seconds: number;
  cpuSeconds: number;
  /** The highest memory of the process above what it had before, in MiB. */
  peakMiB: number;
  loopDelayP99: number;
}

export interface SizesOutcome {
  resizes: number;
}

/** From the process: it is ready (a server also says where), it is done, or it failed. */
export type Report =
  | { kind: "ready"; port?: number }
  | { kind: "done"; outcome: UploadOutcome | SizesOutcome }
  | { kind: "failed"; message: string };
