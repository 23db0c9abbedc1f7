import { GHOST_VERSION } from "@stateless-ghost/local";
import type { Measured } from "../command.ts";
import { Medians } from "../report/medians.ts";
import { provenance } from "../report/provenance.ts";
import { spreadText, table } from "../report/table.ts";
import { OFFICIAL, OURS, UNCACHED } from "./subjects.ts";

interface Figure {
  readonly title: string;
  readonly case: string;
  readonly metric: string;
  /** Of what the official recipe needs, the most that may be needed here. */
  readonly most: number;
}

const FIGURES: readonly Figure[] = [
  { title: "size, MB", case: "image-size", metric: "size", most: 0.65 },
  { title: "start to the first home page, s", case: "image-start", metric: "home", most: 0.7 },
];

/** The section of RESULTS.md, computed from the rows. */
export function imageSection(measured: Measured): string {
  const medians = new Medians(measured.rows);
  return [
    "# Image",
    introduction(measured),
    table(
      ["", OURS, UNCACHED, OFFICIAL, "of the official", "target", "verdict"],
      FIGURES.map((figure) => line(figure, medians)),
    ),
    METHOD,
  ].join("\n\n");
}

function introduction(measured: Measured): string {
  return [
    `The image of \`docker/ghost\` beside the one that the official recipe makes of the same Ghost ${GHOST_VERSION} on the same base`,
    "([official.Dockerfile](official.Dockerfile)). Median of the runs, with the least and the most.",
    "",
    provenance(measured, "MySQL and MinIO in containers on the same machine"),
  ].join("\n");
}

const METHOD =
  "*size*: all files of all layers, as `docker images` shows it. *start*: from the start of a new container to the first 200 " +
  "of `/`, on a database that the image was started on before, the subjects in turn. Ours has a root file system that it " +
  "cannot write, and empty folders in memory. The official image has its content on a volume from an earlier start, so that " +
  "it copies no themes: the best that it can do. *nothing compiled*: ours without the compiled code that is baked into it. " +
  "What is left of a start is Ghost's own: its main thread reads and runs two thousand modules, compiles the theme and " +
  "renders the page, and waits for nothing; a tenth of it is Docker's.";

function line({ title, case: name, metric, most }: Figure, medians: Medians): string[] {
  const cell = (subject: string): string => {
    const spread = medians.spread(subject, name, metric);
    return spread ? spreadText(spread) : "–";
  };
  const [own, other] = [OURS, OFFICIAL].map((subject) => medians.median(subject, name, metric));
  const ratio = own === undefined || other === undefined ? undefined : own / other;
  return [
    title,
    ...[OURS, UNCACHED, OFFICIAL].map(cell),
    ratio === undefined ? "–" : percent(ratio),
    `≤ ${percent(most)}`,
    ratio === undefined ? "not measured" : ratio <= most ? "met" : "**not met**",
  ];
}

const percent = (part: number): string => `${(part * 100).toFixed(0)} %`;
