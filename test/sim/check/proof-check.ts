import { type ArgocdView, withoutServer } from "./argocd-view.ts";
import { type Fact, rowText, textOf, timeText } from "./fact.ts";
import type { RunBook, StepBook } from "./run-book.ts";
import type { ArgocdSpan, PlaceRule } from "./truth.ts";
import type { Report } from "./violation.ts";

const CHECK = "proof";
// From the answer that proved it to the row that says so, and how late a look may be.
const ANSWER_MS = 30_000;
// Argo CD writes seconds: what comes and goes within one cannot be told from what stayed.
const SECOND_MS = 1000;

export interface ProofDeps {
  readonly argocd: ArgocdView;
  readonly places: ReadonlyMap<string, PlaceRule>;
  readonly report: Report;
}

/** What a wait says to have proven really was so. */
export function checkProof(
  deps: ProofDeps,
  { run, step, fact }: { readonly run: RunBook; readonly step: StepBook; readonly fact: Fact },
): void {
  const { argocd, places, report } = deps;
  const app = withoutServer(textOf(step.input, "app"));
  const place = places.get(app);
  if (place === undefined) return;
  const output = fact.output ?? {};
  const revision = textOf(output, "revision");
  const say = (what: string, proof: readonly string[] = []): void =>
    report({
      check: CHECK,
      what: `${step.path} was taken to be proven at ${revision.slice(0, 7)}, although ${what}.`,
      run: run.id,
      proof: [...proof, rowText(fact)],
    });
  const reads = argocd.readsBetween(app, Math.max(step.started.seenAt, fact.seenAt - ANSWER_MS), fact.seenAt);
  if (reads.length === 0) return say("nobody had looked at the application");
  const uid = textOf(output, "applicationUid");
  if (!reads.some((read) => read.uid === uid)) return say("the application was another one by then");
  const asked = textOf(step.input, "revision");
  if (revision === asked && !isDeployed(argocd, { app, uid, revision, until: fact.seenAt }))
    say("no operation had brought it there");
  // The look that decided is one of those: it is enough that one of them could.
  const problems = reads.map((read) => problemAt(argocd, { app, revision, at: read.at, place }));
  const [problem] = problems;
  if (problem === undefined || problems.includes(undefined)) return undefined;
  const last = problems.at(-1) ?? problem;
  return say(last, argocd.spansOf(app).slice(-4).map(spanText));
}

function isDeployed(
  argocd: ArgocdView,
  {
    app,
    uid,
    revision,
    until,
  }: { readonly app: string; readonly uid: string; readonly revision: string; readonly until: number },
): boolean {
  const isFirst = argocd.spansOf(app).find((span) => span.uid === uid)?.revision === revision;
  return isFirst || argocd.deploymentsUntil(app, uid, until).some((operation) => operation.revision === revision);
}

/** Why a look at that moment could not prove it; undefined when it could. */
function problemAt(
  argocd: ArgocdView,
  {
    app,
    revision,
    at,
    place,
  }: { readonly app: string; readonly revision: string; readonly at: number; readonly place: PlaceRule },
): string | undefined {
  const spans = argocd.spansOf(app);
  const now = spans.findLast((span) => span.at <= at);
  if (now === undefined) return "nothing was there";
  if (now.revision !== revision) return `${now.revision.slice(0, 7) || "nothing"} ran there`;
  if (now.isMixed) return "what ran there was a mixture";
  const sick = spans.findLast((span) => span.at <= at && span.health !== "Healthy");
  if (sick === undefined) return undefined;
  if (sick === now) return `it was ${sick.health}`;
  const well = spans.find((span) => span.at > sick.at && span.health === "Healthy");
  const wellMs = at - (well?.at ?? at);
  if (wellMs + SECOND_MS >= place.settleMs) return undefined;
  return `it had been Healthy for ${wellMs} ms only, at ${timeText(at)}`;
}

function spanText({ at, revision, health, isMixed, app }: ArgocdSpan): string {
  return `${app} from ${timeText(at)}: ${revision.slice(0, 7) || "nothing"}${isMixed ? " in part" : ""}, ${health}`;
}
