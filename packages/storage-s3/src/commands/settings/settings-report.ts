import { metaOf, optionsSchema, type KnownOption } from "../../options/schema.ts";
import type { FeatureSettings } from "./settings.ts";

export interface SettingLine {
  readonly option: string;
  readonly value: string;
  readonly from: string;
  readonly isDefault: boolean;
}

/** Every option of a feature with its value and where that comes from; secrets are never shown. */
export function settingLines({ options, origin }: FeatureSettings): SettingLine[] {
  return (Object.keys(optionsSchema.shape) as KnownOption[]).map((option) => {
    const { secret, defaultText } = metaOf(option);
    const value = options[option];
    const from = origin(option);
    return {
      option,
      value: value === undefined || value === "" ? "–" : secret ? "set, not shown" : show(value),
      from: from ?? (defaultText ? `default: ${defaultText.replaceAll("`", "")}` : "default"),
      isDefault: from === undefined,
    };
  });
}

const show = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

/** Features that have all options in common but their path. */
export function groupEqual(features: readonly FeatureSettings[]): FeatureSettings[][] {
  const groups = new Map<string, FeatureSettings[]>();
  for (const feature of features) {
    const id = JSON.stringify({ ...feature.options, staticFileURLPrefix: undefined });
    groups.set(id, [...(groups.get(id) ?? []), feature]);
  }
  return [...groups.values()];
}

/** Ghost hands no feature name to an adapter: a class for all of them cannot know where media go. */
export function prefixWarning({ feature, adapter, origin }: FeatureSettings): string | undefined {
  if (feature === "images" || adapter === undefined) return undefined;
  if (origin("staticFileURLPrefix") || adapter.endsWith(`/${feature}`)) return undefined;
  return `Ghost would put ${feature} under content/images: give their block the adapter "…/${feature}", or staticFileURLPrefix "content/${feature}".`;
}
