import type { DiffAnswer } from "../../engine/question-answers.ts";
import { context, message, section, type MessageContent } from "../blocks.ts";
import { code, inert, link } from "../mrkdwn.ts";
import { evidenceBlocks, moveText, shortSha } from "./gate-evidence.ts";

/** What a revision would change in an environment: the same that is shown before an approval. */
export function renderDiff(answer: DiffAnswer): MessageContent {
  const { service, environment, app, fromRevision, revision, evidence } = answer;
  const subject = { service, environment, fromRevision, toRevision: revision.sha };
  const from = fromRevision === "" ? "nothing yet" : inert(shortSha(fromRevision), 60);
  const manifests =
    evidence.rendering === undefined ? "the manifests could not be compared" : evidence.rendering.summary;
  const words = `${inert(service, 100)} in ${inert(environment, 60)} from ${from} to ${inert(revision.short, 40)}: ${inert(manifests, 300)}.`;
  return message(`${words} Nothing was done.`, [
    section(`*What would change*\n${moveText({ subject, evidence })} ${inert(revision.subject, 150)}`),
    ...evidenceBlocks({ evidence, subject }),
    context(
      code(app, 200),
      evidence.link === undefined ? "" : link(evidence.link, "open in Argo CD"),
      "nothing was done",
    ),
  ]);
}
