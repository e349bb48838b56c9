// Step 2's question: what the planner would do with every update of the site, over all images that
// were chosen.
import { type Image } from "../../api/images.js";
import { preview } from "../../api/plans.js";
import { applicable, architectures, architecturesInTitle, updates, type Answer, type Decision, type Update } from "../../api/updates.js";
import type { Tone } from "../../ui/parts.js";

export interface Choice {
  update: Update;
  decision: Decision; // over all images and indexes: the most that would happen
  fits: number; // images
  answers: { image: string; answer: Answer }[];
  reason: string;
  architectures: string[];
}
export const tones: Record<Decision, Tone> = {
  install: "good",
  stage: "good",
  already_present: "plain",
  superseded: "plain",
  not_applicable: "plain",
  refused: "bad",
  no_content: "warn",
  unsupported: "bad",
  unknown: "plain",
};
export const order: Decision[] = ["install", "stage", "unknown", "refused", "no_content", "unsupported", "already_present", "superseded", "not_applicable"];
export const selectable = (choice: Choice) => choice.decision === "install" || choice.decision === "stage" || choice.decision === "unknown";


export interface Choices {
  choices: Choice[]; // what would be done first, then the newest
  unsupported: Map<string, string>; // images that cannot be serviced at all, and why
}

// The planner reads each image; `onAsked` counts those that it has answered for. Undefined once
// `signal` has ended it.
export async function choicesFor(chosen: Image[], signal: AbortSignal, onAsked: () => void): Promise<Choices | undefined> {
  const unsupported = new Map<string, string>();
  const [list, built] = await Promise.all([updates({ signal }), architectures({ signal })]);
  const byId = new Map<number, Choice>(
    list.map((update) => [
      update.id,
      { update, decision: "not_applicable", fits: 0, answers: [], reason: "", architectures: [...(built.get(update.id) ?? architecturesInTitle(update.title))].sort() },
    ]),
  );
  let unknown = false;
  for (const image of chosen) {
    const answers = (await applicable(image.id, undefined, signal)) ?? (await asPlanned(image.id, list));
    if (signal.aborted) return undefined;
    onAsked();
    if (!answers) {
      unknown = true;
      break;
    }
    const fits = new Set<number>();
    for (const answer of answers) {
      if (answer.ci === 0) {
        unsupported.set(image.id, `${answer.reason} ${answer.next}`.trim());
        continue;
      }
      const choice = byId.get(answer.ci);
      if (!choice) continue;
      choice.answers.push({ image: image.id, answer });
      if (answer.decision === "install" || answer.decision === "stage") fits.add(answer.ci);
    }
    for (const id of fits) ++byId.get(id)!.fits;
  }
  for (const choice of byId.values()) decide(choice, unknown);
  const choices = [...byId.values()].sort(
    (a, b) => order.indexOf(a.decision) - order.indexOf(b.decision) || (b.update.posted?.getTime() ?? 0) - (a.update.posted?.getTime() ?? 0),
  );
  return { choices, unsupported };
}

// Without the planner's answer only what the catalogue says of an update is known.
function decide(choice: Choice, unknown: boolean) {
  const { update } = choice;
  if (unknown) {
    choice.decision = !update.provisioned ? "no_content" : !update.serviceable ? "refused" : update.superseded ? "superseded" : "unknown";
    return;
  }
  if (!choice.answers.length) {
    choice.decision = update.superseded ? "superseded" : update.provisioned ? "not_applicable" : "no_content";
    return;
  }
  choice.answers.sort((a, b) => order.indexOf(a.answer.decision) - order.indexOf(b.answer.decision));
  choice.decision = choice.answers[0]!.answer.decision;
  choice.reason = choice.answers[0]!.answer.reason;
}

// A site that does not answer the question as such can still plan everything that it has.
async function asPlanned(id: string, all: Update[]): Promise<Answer[] | undefined> {
  const ids = all.filter((one) => one.provisioned && one.serviceable && !one.superseded && !one.expired).slice(0, 200);
  const plan = await preview(id, ids.map((one) => one.id));
  return plan?.steps.map((step) => ({ ci: step.ci, index: step.index, decision: step.decision, reason: step.reason, next: step.next, code: 0 }));
}
