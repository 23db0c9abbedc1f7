import { DISRUPTIONS } from "../../e2e/disruptions.ts";
import type { Measured } from "../command.ts";
import { Medians } from "../report/medians.ts";
import { provenance } from "../report/provenance.ts";
import { spreadText, table } from "../report/table.ts";

export const OURS = "helm/ghost";
export const NAIVE = "naive";

/** Longest time to full strength after a node was declared dead, seconds. */
const RESCHEDULE_S = 60;

const SUBJECTS = [OURS, NAIVE];

/** The section of RESULTS.md, computed from the rows. */
export function clusterSection(measured: Measured): string {
  const medians = new Medians(measured.rows);
  return [
    "# Kubernetes",
    `\`${OURS}\` beside the defaults of the field: two pods of the official image, no lifecycle hook, a probe of the port, and ` +
      "Kubernetes' own defaults for the rest. Both on one cluster of kind, behind one Traefik, on one MySQL.",
    provenance(measured),
    "## Requests that were lost",
    "Ten readers who keep their connections, at a steady rate; an answer that is not 2xx or that never comes is lost. The " +
      "readers of the naive blog look at no pictures, as each of its pods has its own.",
    lostTable(medians),
    "## Starts",
    "From the moment at which a pod has its node to the one at which it is ready, in whole seconds as Kubernetes notes them. " +
      "A pod of the naive blog is ready when its port is open, before it answers with anything but 503.",
    table(
      ["", ...SUBJECTS],
      [["ready, s", ...SUBJECTS.map((subject) => cell(medians, subject, "k8s-cold-start", "ready"))]],
    ),
    "## The death of a node",
    "Seconds from the moment at which the node was declared dead to as many ready pods as before, on other nodes. Kubernetes' " +
      "default, which the field's charts leave, is to wait 300 s before it begins.",
    table(
      ["", OURS, "target", ""],
      [["full strength, s", cell(medians, OURS, "k8s-reschedule", "full-strength"), "≤ 60", verdict(medians)]],
    ),
  ].join("\n\n");
}

function lostTable(medians: Medians): string {
  const body = DISRUPTIONS.map((disruption) => {
    const name = `k8s-lost-${disruption.replaceAll(" ", "-")}`;
    const figure = (subject: string) => {
      const [lost, requests] = ["lost", "requests"].map((metric) => medians.median(subject, name, metric));
      return lost === undefined || requests === undefined ? "–" : `${lost} of ${requests}`;
    };
    return [disruption, figure(OURS), figure(NAIVE), medians.median(OURS, name, "lost") === 0 ? "met" : "**not met**"];
  });
  return table(["while", OURS, NAIVE, "none is lost"], body);
}

function verdict(medians: Medians): string {
  const median = medians.median(OURS, "k8s-reschedule", "full-strength");
  return median !== undefined && median <= RESCHEDULE_S ? "met" : "**not met**";
}

function cell(medians: Medians, subject: string, name: string, metric: string): string {
  const spread = medians.spread(subject, name, metric);
  return spread ? spreadText(spread) : "–";
}
