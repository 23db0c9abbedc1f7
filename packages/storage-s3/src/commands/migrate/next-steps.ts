import { metaOf, type KnownOption } from "../../options/schema.ts";
import type { FeatureSettings, Settings } from "../settings/settings.ts";

const PACKAGE = "@stateless-ghost/storage-s3";

/** What the user does after everything is in the bucket; the lines of configuration are ready to be copied. */
export function nextSteps({ features, config }: Settings, source: string): string {
  const [{ options }] = features;
  const configured = features.every(({ adapter }) => adapter !== undefined);
  const steps = [
    configured
      ? `Ghost's configuration${config.file ? ` (${config.file})` : ""} names this bucket already.`
      : `Put this into Ghost's configuration:\n\n${indent(JSON.stringify(configurationFor(features), null, 2))}\n`,
    "Run `storage-s3 doctor`, then restart Ghost.",
    `Run the same \`migrate\` again: it brings what was uploaded to ${source} meanwhile.`,
    options.cdnUrl
      ? `Look at some old posts; their images come from ${options.cdnUrl} or, by their old URLs, from Ghost. Then the source can go.`
      : "Look at some old posts: Ghost streams their images from the bucket. Then the source can go.",
  ];
  return steps.map((step, index) => `  ${index + 1}. ${step}`).join("\n");
}

const indent = (text: string): string => text.replace(/^/gm, "     ");

function configurationFor(features: readonly FeatureSettings[]): object {
  const [first] = features;
  const storage: Record<string, unknown> = {};
  for (const feature of features) {
    const adapter = `${PACKAGE}/${feature.feature}`;
    if (feature.feature === "images") {
      storage["active"] = adapter;
      storage[adapter] = givenOptions(feature);
    } else {
      storage[feature.feature] = { adapter, ...givenOptions(feature) };
    }
  }
  const cdn = first?.options.cdnUrl && [first.options.cdnUrl, first.options.tenantPrefix].filter(Boolean).join("/");
  return { storage, ...(cdn && { urls: { image: cdn, media: cdn, files: cdn } }) };
}

/** Only what was given: defaults may become better. Credentials have other places. */
function givenOptions({ options, origin }: FeatureSettings): Record<string, unknown> {
  return Object.fromEntries(
    (Object.keys(options) as KnownOption[])
      .filter((key) => key !== "siteUrl" && origin(key) !== undefined && !metaOf(key).secret)
      .map((key) => [key, options[key]]),
  );
}
