import { z } from "zod";

import { defineWait, type StepContext, type StepKind, type StepResult } from "../../engine/step-kind.ts";
import { forgeFaults } from "./forge-faults.ts";
import { CommitInput, type ForgeDeps, WatchShape } from "./forge-input.ts";
import { watchForge } from "./forge-watch.ts";
import { ENDED_FAILURES, endedFailure, look, MergeOutput, mergeOutput } from "./git-merge.ts";
import { mergeVerdict, verdictText } from "./merge-verdict.ts";
import { FORGE_FAILURES } from "./forge-failure.ts";
import { openPulls, PullShape, RequestNumber } from "./pull-input.ts";

const Input = z.strictObject({
  ...PullShape,
  number: RequestNumber,
  sha: CommitInput.optional().meta({
    description: "The commit of the branch that is meant: another one ends the step. Any unless said",
  }),
  ...WatchShape,
});
type Input = z.infer<typeof Input>;

/** Waits until a person has merged a pull request. */
export function gitMerged(deps: ForgeDeps): StepKind {
  return defineWait({
    kind: "git/merged",
    summary: "Waits until somebody has merged a pull request or merge request, and fails when it is closed instead.",
    input: Input,
    output: MergeOutput,
    givenFaults: forgeFaults(),
    notes: {
      failures: { ...ENDED_FAILURES, ...FORGE_FAILURES },
      example: `id: merged
uses: git/merged
with:
  repository: acme/deploy
  number: \${{ steps.request.outputs.number }}
  token: \${{ secrets.GITHUB_TOKEN }}
timeout: 3d
`,
    },
    run: (input, context) => watch(deps, input, context),
  });
}

async function watch(deps: ForgeDeps, input: Input, context: StepContext): Promise<StepResult<MergeOutput>> {
  const { number, sha, interval, "away-for": awayFor, ...access } = input;
  const { pulls } = await openPulls(deps, access, { signal: context.signal, purpose: "read" });
  return await watchForge(deps.clock, {
    interval,
    "away-for": awayFor,
    context,
    look: async () => {
      const seen = await look(pulls, { number, sha, checks: "required" });
      const { request, standing, verdict } = seen;
      if (verdict.kind === "merged") {
        return { kind: "ended", result: { status: "succeeded", output: mergeOutput(pulls, request) } };
      }
      if (verdict.kind === "closed" || verdict.kind === "moved") {
        return { kind: "ended", result: { status: "failed", failure: endedFailure(pulls, seen) } };
      }
      // People may merge it as it is; they are told of every check that speaks against it.
      const told = mergeVerdict(request, standing, { sha, checks: "all" });
      const text = `${pulls.label(number)} waits to be merged: ${verdictText(told, request, standing)}. ${request.url}`;
      return { kind: "open", progress: { text } };
    },
  });
}
