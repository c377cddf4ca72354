import { z } from "zod";

import { checkOfWorkflow, checksOfRuns, checksOfStatuses } from "../../../src/steps/forge/commit-check.ts";
import { isGreen, judgeChecks } from "../../../src/steps/forge/judge-checks.ts";
import { type FuzzTarget, must } from "../fuzz-target.ts";

const Run = z.object({
  id: z.int(),
  name: z.string(),
  status: z.string(),
  conclusion: z.string().nullish(),
  html_url: z.string().default(""),
  path: z.string().nullish(),
  check_suite: z.object({ id: z.int() }).nullish(),
});
const Status = z.object({ id: z.int(), context: z.string(), state: z.string(), target_url: z.string().nullish() });
const Suite = z.object({
  id: z.int(),
  status: z.string().nullish(),
  latest_check_runs_count: z.int().nullish(),
});

const GOOD = new Set(["success", "neutral", "skipped"]);
const RUN = { id: 1, name: "build", status: "completed", conclusion: "success", check_suite: { id: 7 } };
const whole = (parts: object): string =>
  JSON.stringify({ check_runs: [RUN], statuses: [], check_suites: [], workflow_runs: [], ...parts });

/** What GitHub says about a commit, all lists in one answer. */
export const target: FuzzTarget = {
  seeds: [
    whole({}),
    whole({
      check_runs: [RUN, { ...RUN, id: 2, conclusion: "failure" }, { ...RUN, id: 3, name: "e2e", status: "queued" }],
    }),
    whole({
      statuses: [
        { id: 1, context: "ci/build", state: "pending" },
        { id: 2, context: "ci/build", state: "success" },
      ],
    }),
    whole({ check_suites: [{ id: 7, status: "in_progress", latest_check_runs_count: 1 }] }),
    whole({
      workflow_runs: [{ ...RUN, id: 9, name: "CI", path: ".github/workflows/ci.yml", conclusion: "cancelled" }],
    }),
  ],
  words: [
    "completed",
    "success",
    "failure",
    "timed_out",
    "neutral",
    '"id":',
    "null",
    '"name":"build"',
    '"conclusion":',
    "[]",
  ],
  longest: 20_000,
  run(input) {
    const read = partsOf(input);
    const checks = [...checksOfRuns(read.runs), ...checksOfStatuses(read.statuses)];
    const workflow = checkOfWorkflow(read.workflows, "ci.yml");
    const found = { checks, workflow, suites: read.suites, isComplete: true };
    const verdicts = [
      judgeChecks(found, { required: "all", ignore: [], workflow: undefined }),
      judgeChecks(found, { required: ["build"], ignore: ["e2e*"], workflow: "ci.yml" }),
    ];
    const newestBad = read.runs.some((run) => {
      const same = read.runs.filter(
        ({ name, check_suite: suite }) => name === run.name && suite?.id === run.check_suite?.id,
      );
      const newest = same.every(({ id }) => id <= run.id) && same.filter(({ id }) => id === run.id).length === 1;
      return newest && (run.status !== "completed" || !GOOD.has(run.conclusion ?? ""));
    });
    const [all, build] = verdicts;
    must(all === undefined || !newestBad || !isGreen(all), "a commit with a check that is not good is not green");
    must(all === undefined || checks.length > 0 || !isGreen(all), "nothing at all is not green");
    must(
      build === undefined || !isGreen(build) || (checks.some(({ name }) => name === "build") && workflow !== undefined),
      "what is required has to be there",
    );
    return verdicts;
  },
};

function partsOf(input: string): {
  readonly runs: z.infer<typeof Run>[];
  readonly workflows: z.infer<typeof Run>[];
  readonly statuses: z.infer<typeof Status>[];
  readonly suites: z.infer<typeof Suite>[];
} {
  const answer = parsed(input);
  return {
    runs: z.array(Run).safeParse(answer["check_runs"]).data ?? [],
    workflows: z.array(Run).safeParse(answer["workflow_runs"]).data ?? [],
    statuses: z.array(Status).safeParse(answer["statuses"]).data ?? [],
    suites: z.array(Suite).safeParse(answer["check_suites"]).data ?? [],
  };
}

function parsed(input: string): Record<string, unknown> {
  try {
    return z.record(z.string(), z.unknown()).safeParse(JSON.parse(input)).data ?? {};
  } catch {
    return {};
  }
}
