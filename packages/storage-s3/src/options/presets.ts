/** What an S3 provider needs or cannot do. A preset is only a set of defaults: every option given wins. */
export interface Preset {
  /** Region to sign with when none is configured. */
  readonly region?: string;
  readonly forcePathStyle: boolean;
  /**
   * When the SDK adds a CRC32 to a request: stores that do not know the header answer 501 or 400.
   * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-dataintegrity.html
   */
  readonly checksums: "when_supported" | "when_required";
  /**
   * Whether a PUT with `If-None-Match: *` is refused when the key exists; `probe` finds out before the first upload.
   * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
   */
  readonly conditionalWrites: true | false | "probe";
  /** Hosts by which an endpoint is recognised. */
  readonly hosts: readonly string[];
}

export const PRESETS = {
  aws: {
    forcePathStyle: false,
    checksums: "when_supported",
    conditionalWrites: true,
    hosts: ["amazonaws.com", "amazonaws.com.cn", "api.aws"],
  },
  // https://developers.cloudflare.com/r2/api/s3/api/
  r2: {
    region: "auto",
    forcePathStyle: true,
    checksums: "when_required",
    conditionalWrites: "probe",
    hosts: ["r2.cloudflarestorage.com"],
  },
  // Conditional writes came in 2024; many installations are older.
  minio: {
    region: "us-east-1",
    forcePathStyle: true,
    checksums: "when_required",
    conditionalWrites: "probe",
    hosts: [],
  },
  // https://docs.digitalocean.com/reference/api/spaces/
  spaces: {
    region: "us-east-1",
    forcePathStyle: false,
    checksums: "when_required",
    conditionalWrites: "probe",
    hosts: ["digitaloceanspaces.com"],
  },
  // https://www.backblaze.com/docs/cloud-storage-s3-compatible-api
  b2: {
    forcePathStyle: true,
    checksums: "when_required",
    conditionalWrites: "probe",
    hosts: ["backblazeb2.com"],
  },
  // https://docs.wasabi.com/docs/operations-on-objects
  wasabi: {
    region: "us-east-1",
    forcePathStyle: true,
    checksums: "when_required",
    conditionalWrites: "probe",
    hosts: ["wasabisys.com"],
  },
  // GCS refuses streamed signatures and has its own precondition header instead of If-None-Match.
  // https://docs.cloud.google.com/storage/docs/interoperability
  gcs: {
    region: "auto",
    forcePathStyle: true,
    checksums: "when_required",
    conditionalWrites: "probe",
    hosts: ["storage.googleapis.com"],
  },
} as const satisfies Record<string, Preset>;

export type Provider = keyof typeof PRESETS;

export const PROVIDERS = Object.keys(PRESETS) as [Provider, ...Provider[]];

/** Hosts that name their region, as `s3.eu-central-003.backblazeb2.com` does. */
const REGION_IN_HOST = /^s3\.([a-z]{2}-[a-z]+-\d+)\.(?:backblazeb2|wasabisys)\.com$/;

/**
 * The region to sign with; undefined where the AWS SDK finds it by itself (environment, profile): for AWS, and for
 * stores of one's own when the environment names one.
 */
export function regionOf(provider: Provider, endpoint: string | undefined): string | undefined {
  const preset: Preset = PRESETS[provider];
  const inHost = endpoint && REGION_IN_HOST.exec(new URL(endpoint).hostname)?.[1];
  if (inHost) return inHost;
  const inEnvironment = process.env["AWS_REGION"] ?? process.env["AWS_DEFAULT_REGION"];
  return provider === "minio" && inEnvironment ? undefined : preset.region;
}

/** The provider behind an endpoint; one that is not known by its host is treated as careful as an old MinIO. */
export function providerOf(endpoint: string | undefined): Provider {
  if (!endpoint) return "aws";
  const { hostname } = new URL(endpoint);
  const known = PROVIDERS.find((name) =>
    PRESETS[name].hosts.some((host) => hostname === host || hostname.endsWith(`.${host}`)),
  );
  return known ?? "minio";
}
