import type { Row } from "../row.ts";
import type { SubjectName } from "../subject.ts";
import { Medians } from "./medians.ts";

export interface Plot {
  title: string;
  subtitle: string;
  /** One group of bars for each. */
  groups: { label: string; case: string }[];
  metric: string;
  subjects: SubjectName[];
}

const WIDTH = 760;
const HEIGHT = 400;
const AREA = { left: 56, right: 744, top: 92, bottom: 352 };
const BAR = { width: 48, gap: 8 };

/** Classes rather than colours, so that the plot follows the reader's light or dark theme. */
const STYLE = `
  text { font: 13px system-ui, "Segoe UI", Helvetica, Arial, sans-serif; fill: #24292f }
  .title { font-size: 16px; font-weight: 600 }
  .quiet { fill: #57606a }
  .value { font-weight: 600; text-anchor: middle }
  .grid { stroke: #d0d7de; stroke-width: 1 }
  .whisker { stroke: #24292f; stroke-width: 1.5; fill: none }
  .stateless-ghost { fill: #2563eb } .Ghost-S3Storage { fill: #8c959f } .ghos3 { fill: #d97706 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .quiet { fill: #9198a1 } .grid { stroke: #3d444d } .whisker { stroke: #e6edf3 }
    .stateless-ghost { fill: #4f8ff7 } .Ghost-S3Storage { fill: #7d8590 } .ghos3 { fill: #e3963e }
  }`;

/** A grouped bar chart of medians, with the least and the most of all runs as whiskers. */
export function plot({ title, subtitle, groups, metric, subjects }: Plot, rows: Row[]): string {
  const medians = new Medians(rows);
  const spreads = groups.map((group) => subjects.map((subject) => medians.spread(subject, group.case, metric)));
  const most = Math.max(...spreads.flat().map((spread) => spread?.max ?? 0));
  const step = niceStep(most / 5);
  // Room for the label of the highest bar.
  const top = Math.ceil((most * 1.05) / step) * step;
  const y = (value: number) => AREA.bottom - (value / top) * (AREA.bottom - AREA.top);
  const slot = (AREA.right - AREA.left) / groups.length;

  const grid = Array.from({ length: Math.round(top / step) + 1 }, (_, index) => index * step).map(
    (tick) =>
      `<line class="grid" x1="${AREA.left}" x2="${AREA.right}" y1="${px(y(tick))}" y2="${px(y(tick))}"/>` +
      `<text class="quiet" x="${AREA.left - 8}" y="${px(y(tick) + 4)}" text-anchor="end">${Number(tick.toFixed(2))}</text>`,
  );
  const bars = groups.flatMap((group, groupIndex) => {
    const middle = AREA.left + slot * (groupIndex + 0.5);
    const width = subjects.length * (BAR.width + BAR.gap) - BAR.gap;
    return [
      `<text x="${px(middle)}" y="${AREA.bottom + 24}" text-anchor="middle">${escaped(group.label)}</text>`,
      ...subjects.map((subject, index) => {
        const left = middle - width / 2 + index * (BAR.width + BAR.gap);
        const spread = spreads[groupIndex]![index];
        if (spread === undefined) {
          return `<text class="quiet" x="${px(left + BAR.width / 2)}" y="${AREA.bottom - 6}" text-anchor="middle">n/a</text>`;
        }
        const centre = px(left + BAR.width / 2);
        const whisker = `M${centre} ${px(y(spread.max))}V${px(y(spread.min))}`;
        return (
          `<rect class="${classOf(subject)}" x="${px(left)}" y="${px(y(spread.median))}" width="${BAR.width}" ` +
          `height="${px(AREA.bottom - y(spread.median))}" rx="2"/><path class="whisker" d="${whisker}"/>` +
          `<text class="value" x="${centre}" y="${px(y(spread.max) - 6)}">${spread.median.toFixed(1)}</text>`
        );
      }),
    ];
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escaped(title)}">`,
    `<style>${STYLE}\n</style>`,
    `<text class="title" x="16" y="28">${escaped(title)}</text>`,
    `<text class="quiet" x="16" y="48">${escaped(subtitle)}</text>`,
    ...legend(subjects),
    ...grid,
    ...bars,
    "</svg>",
    "",
  ].join("\n");
}

function legend(subjects: SubjectName[]): string[] {
  return subjects.map((subject, index) => {
    const left = 16 + index * 160;
    return (
      `<rect class="${classOf(subject)}" x="${left}" y="61" width="12" height="12" rx="2"/>` +
      `<text x="${left + 18}" y="72">${escaped(subject)}</text>`
    );
  });
}

function classOf(subject: SubjectName): string {
  return subject.replaceAll(" ", "-");
}

/** 1, 2 or 5 times a power of ten, not below `least`. */
function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least || 1));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= least) ?? power;
}

function px(value: number): string {
  return String(Number(value.toFixed(1)));
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
