import { gatePlace } from "../../domain/gate-place.ts";
import type { CommitLine, GateEvidence } from "../../domain/gate.ts";
import type { GateState } from "../../domain/run-state.ts";
import { preformatted, section, type MessageBlock } from "../blocks.ts";
import { code, dateToken, inert, oneLine, truncate } from "../mrkdwn.ts";
import { planBlocks } from "./plan-evidence.ts";

const MOST = { commits: 8, lines: 12, warnings: 6 };

// Beside a plan there is less room for the rest.
const FEWER = { commits: 3, lines: 4, warnings: 3 };

interface Shown extends Pick<GateState, "evidence"> {
  readonly subject: Pick<GateState["subject"], "environment" | "toRevision"> &
    Partial<Pick<GateState["subject"], "imageDigests" | "checks">>;
}

/** What is shown to decide by: the commits, what the rendering changes, how healthy it is before and there, and what to beware of. */
export function evidenceBlocks({ evidence, subject }: Shown): readonly MessageBlock[] {
  const { plan } = evidence;
  const most = plan === undefined || subject.toRevision === "" ? MOST : FEWER;
  return [
    ...(plan === undefined ? [] : planBlocks(plan)),
    ...foundBlocks(subject),
    ...(subject.toRevision === "" ? [] : revisionBlocks({ evidence, subject }, most)),
    ...(evidence.warnings.length > 0 ? [section(warningsText(evidence.warnings, most.warnings))] : []),
  ];
}

const MOST_CHECKS = 8;

/** What the steps before found, and of which images; it is under the digest of the approval. */
function foundBlocks({ checks = [], imageDigests = [] }: Shown["subject"]): readonly MessageBlock[] {
  if (checks.length + imageDigests.length === 0) return [];
  const digests = imageDigests.slice(0, 4).map((digest) => code(digest.slice(0, 19)));
  const more = imageDigests.length > 4 ? ` and ${imageDigests.length - 4} more` : "";
  const lines = [
    ...checks.slice(0, MOST_CHECKS).map(({ name, result }) => `*${inert(name, 100)}:* ${inert(result, 200)}`),
    ...(checks.length > MOST_CHECKS ? [`… and ${checks.length - MOST_CHECKS} more checks`] : []),
    ...(digests.length === 0 ? [] : [`*Images:* ${digests.join(", ")}${more}`]),
  ];
  return [section(lines.join("\n"))];
}

function revisionBlocks({ evidence, subject }: Shown, most: typeof FEWER): readonly MessageBlock[] {
  const lines = evidence.rendering?.changesNothing === false ? evidence.rendering.lines.slice(0, most.lines) : [];
  return [
    section(commitsText(evidence, most.commits)),
    section(renderingText(evidence)),
    ...(lines.length > 0 ? [preformatted(lines.map(renderingLine))] : []),
    section(healthText({ evidence, subject })),
  ];
}

interface Move extends Pick<GateState, "evidence"> {
  readonly subject: Pick<GateState["subject"], "service" | "environment" | "fromRevision" | "toRevision">;
}

/** `checkout in prod: 1a2b3c4 -> abc1234`; the place alone where no revision goes there, and nothing where there is no place either. */
export function moveText({ subject, evidence }: Move): string {
  const place = gatePlace(subject, (name) => code(name, 100));
  if (subject.toRevision === "") return place;
  const from = subject.fromRevision === "" ? "nothing yet" : code(shortSha(subject.fromRevision));
  const to = code(shortSha(subject.toRevision));
  return `${place}: ${from} → ${to}${DIRECTIONS[evidence.direction]}`;
}

const DIRECTIONS: Readonly<Record<GateEvidence["direction"], string>> = {
  forward: "",
  same: "\n:information_source: the same revision as is live",
  backward: "\n:warning: goes *back*: the revision is older than what is live",
  diverged: "\n:warning: not a successor of what is live: what is live has commits that this one lacks",
  unknown: "\n:warning: it is not known how the two revisions are related",
};

/** Seven digits of a commit; anything else as it is, cut. */
export function shortSha(revision: string): string {
  return /^[0-9a-f]{40,64}$/u.test(revision) ? revision.slice(0, 7) : truncate(oneLine(revision), 40);
}

function commitsText({ commits, otherCommits, direction }: GateEvidence, most: number): string {
  const folded = Math.max(0, commits.length - most);
  const rest = folded + otherCommits;
  if (commits.length === 0)
    return rest === 0 ? "*Commits:* none" : `*Commits:* ${rest} that do not touch this application`;
  const more = [
    ...(folded > 0 ? [`${folded} more`] : []),
    ...(otherCommits > 0 ? [`${otherCommits} that do not touch this application or are older`] : []),
  ];
  const lines = commits.slice(0, most).map(commitLine);
  const title = direction === "backward" ? "*Commits that would be gone*" : "*Commits*";
  return [title, ...lines, ...(more.length > 0 ? [`… and ${more.join(", ")}`] : [])].join("\n");
}

function commitLine({ sha, subject, author, authoredAt }: CommitLine): string {
  return `${code(shortSha(sha))} ${inert(subject, 150)} (${inert(author, 60)}, ${dateToken(authoredAt, "{ago}")})`;
}

function renderingText({ rendering, renderingNote }: GateEvidence): string {
  const note = renderingNote === undefined ? "" : ` ${inert(renderingNote, 400)}`;
  if (rendering === undefined) return `*Manifests:* not compared.${note}`;
  if (rendering.changesNothing) return `*Manifests:* changes nothing there.${note}`;
  return `*Manifests:* ${inert(rendering.summary, 600)}${note === "" ? "" : `.${note}`}`;
}

// Lines of fields stand indented below their object.
function renderingLine(line: string): string {
  return `${line.startsWith("  ") ? "  " : ""}${truncate(oneLine(line), 240)}`;
}

function healthText({ evidence, subject }: Shown): string {
  const { previous, currentHealth } = evidence;
  const now = `*${inert(subject.environment, 60)} now:* ${inert(currentHealth, 100)}`;
  if (previous === undefined) return now;
  const since = previous.healthySince === undefined ? "" : `, proven ${dateToken(previous.healthySince, "{ago}")}`;
  const at = previous.revision === "" ? "" : ` at ${code(shortSha(previous.revision))}`;
  return `*Before it, ${inert(previous.environment, 60)}:* ${inert(previous.health, 100)}${at}${since}\n${now}`;
}

function warningsText(warnings: readonly string[], most: number): string {
  const lines = warnings.slice(0, most).map((warning) => `:warning: ${inert(warning, 350)}`);
  return [...lines, ...(warnings.length > most ? [`… and ${warnings.length - most} more warnings`] : [])].join("\n");
}
