import { gatePlace } from "../domain/gate-place.ts";
import type { GateEvidence, GateSubject } from "../domain/gate.ts";
import type { ApprovalRule, Approver } from "../domain/target.ts";
import type { GateRequest } from "../domain/gate-requests.ts";
import { html, type Html, NOTHING } from "./html.ts";
import { longText, mark, moment, type PageContext, shortCommit } from "./page-words.ts";
import { planShown } from "./plan-shown.ts";

/** Every request for an approval: who decided, when, on exactly what, and what they were shown. */
export function approvalSection(requests: readonly GateRequest[], context: PageContext): Html {
  if (requests.length === 0) return NOTHING;
  return html`<section aria-labelledby="approvals">
    <h2 id="approvals">Approvals</h2>
    ${requests.map((request) => requestBox(request, context))}
  </section>`;
}

function requestBox(request: GateRequest, context: PageContext): Html {
  const { opened, decisions, refusals, voided } = request;
  const { subject, evidence } = opened;
  return html`<div class="box">
    <div class="head">
      <h3>${evidence.prompt}</h3>
      ${requestMark(request)}
    </div>
    <dl>
      <dt>Change</dt>
      <dd>${changeOf(subject)}</dd>
      <dt>Asked</dt>
      <dd>${moment(opened.at)}, until ${moment(opened.expiresAt)}</dd>
      <dt>Who may</dt>
      <dd>${ruleText(opened.rule, context)}</dd>
      <dt>Digest</dt>
      <dd>${code(opened.digest)}</dd>
    </dl>
    ${decisions.length === 0 ? html`<p class="soft">Nobody has decided${request.ended === undefined ? " yet" : ""}.</p>` : NOTHING}
    <ul>
      ${decisions.map(
        (decision) =>
          html`<li>
            <strong>${decision.decision === "approve" ? "Approved" : "Rejected"}</strong> by
            ${actor(decision, context)},
            ${moment(decision.at)}${
              decision.groups.length === 0
                ? ""
                : `, as a member of ${decision.groups.map((group) => groupName(group, opened.rule)).join(", ")}`
            }${decision.reason === "" ? "" : `: ${longText(decision.reason)}`}
          </li>`,
      )}${refusals.map(
        (refusal) =>
          html`<li>
            ${actor(refusal, context)} tried to ${refusal.decision} and was refused, ${moment(refusal.at)}:
            ${refusal.message}
          </li>`,
      )}
    </ul>
    ${voided === undefined ? NOTHING : html`<p>Void since ${moment(voided.at)}: ${voided.message}</p>`}
    <details>
      <summary>What was shown</summary>
      ${evidence.plan === undefined ? NOTHING : planShown(evidence.plan)}
      ${subject.toRevision === "" ? warningsOf(evidence) : shown(evidence)}
      <dl>${applicationOf(subject)} ${subject.toRevision === "" ? NOTHING : revisions(subject)} ${found(subject)}</dl>
    </details>
  </div>`;
}

function changeOf(subject: GateSubject): Html {
  const place = gatePlace(subject);
  const { fromRevision, toRevision } = subject;
  return html`${place === "" ? "" : `${place}: `}${
    toRevision === "" ? "a saved plan" : html`${code(shortCommit(fromRevision))} → ${code(shortCommit(toRevision))}`
  }`;
}

function applicationOf({ app }: GateSubject): Html {
  return app === ""
    ? NOTHING
    : html`<dt>Application</dt>
        <dd>${app}</dd>`;
}

function requestMark({ voided, ended, decisions }: GateRequest): Html {
  if (voided !== undefined) return mark("Void", "wait");
  if (ended === undefined) return mark("Waiting", "wait");
  if (ended.type === "step.cancelled") return mark("Cancelled", "wait");
  if (ended.type === "step.succeeded") return mark("Approved", "good");
  return mark(decisions.some(({ decision }) => decision === "reject") ? "Rejected" : "Not approved", "bad");
}

function shown(evidence: GateEvidence): Html {
  const { commits, otherCommits, rendering, renderingNote, previous, currentHealth } = evidence;
  const more =
    otherCommits > 0 ? html`<li class="soft">and ${otherCommits} more, older or beside this application</li>` : NOTHING;
  const before =
    previous === undefined
      ? NOTHING
      : html`<dt>${previous.environment}</dt>
          <dd>${previous.health} at ${shortCommit(previous.revision)}</dd>`;
  return html`${warningsOf(evidence)}
    <p><strong>Commits</strong></p>
    <ul>
      ${commits.map(({ sha, subject, author }) => html`<li>${code(shortCommit(sha))} ${subject} <span class="soft">(${author})</span></li>`)}${more}${
        commits.length + otherCommits === 0 ? html`<li>none</li>` : NOTHING
      }
    </ul>
    <p><strong>Manifests:</strong> ${renderingText(rendering)} ${renderingNote ?? ""}</p>
    ${rendering === undefined || rendering.lines.length === 0 ? NOTHING : html`<pre tabindex="0">${rendering.lines.join("\n")}</pre>`}
    <dl>
      ${before}
      <dt>There then</dt>
      <dd>${currentHealth}</dd>
    </dl>`;
}

function warningsOf({ warnings }: GateEvidence): Html {
  return html`${warnings.map((warning) => html`<p><strong>Warning:</strong> ${warning}</p>`)}`;
}

function revisions({ repository, fromRevision, toRevision }: GateSubject): Html {
  return html`<dt>Repository</dt>
    <dd>${repository}</dd>
    <dt>From</dt>
    <dd>${code(fromRevision === "" ? "nothing" : fromRevision)}</dd>
    <dt>To</dt>
    <dd>${code(toRevision)}</dd>`;
}

/** What the steps before had found, and of which images. */
function found({ checks, imageDigests }: GateSubject): Html {
  return html`${checks.map(
    ({ name, result }) =>
      html`<dt>${name}</dt>
        <dd>${result}</dd>`,
  )}${imageDigests.map(
    (digest) =>
      html`<dt>Image</dt>
        <dd>${code(digest)}</dd>`,
  )}`;
}

function renderingText(rendering: GateEvidence["rendering"]): string {
  if (rendering === undefined) return "not compared.";
  return rendering.changesNothing ? "changes nothing there." : `${rendering.summary}.`;
}

function ruleText(rule: ApprovalRule, context: PageContext): string {
  const { from, also = [], notBy = [], quorum, requesterMayApprove } = rule;
  const self = requesterMayApprove ? "" : ", not whoever asked";
  const besides = also.map((list) => `, and one of ${namesOf(list)} besides`);
  const before = notBy.map((pseudonym) => `, not ${actor({ actor: pseudonym }, context)}, who approved before`);
  return `${quorum} of ${namesOf(from)}${besides.join("")}${self}${before.join("")}`;
}

function namesOf(approvers: readonly Approver[]): string {
  const names = approvers.map((approver) => {
    if (approver.kind === "user") return approver.user;
    return approver.handle === undefined ? `the group ${approver.group}` : `@${approver.handle}`;
  });
  return names.join(", ");
}

/** The handle by which people know a group, where the rule has it. */
function groupName(group: string, { from }: ApprovalRule): string {
  const known = from.find((approver) => approver.kind === "group" && approver.group === group);
  return known?.kind === "group" && known.handle !== undefined ? `@${known.handle}` : group;
}

function actor({ actor: pseudonym = "" }: { readonly actor?: string | undefined }, { nameOf }: PageContext): string {
  return nameOf(pseudonym);
}

function code(text: string): Html {
  return html`<code>${text}</code>`;
}
