import { z } from "zod";

import { defineWait, type StepContext, type StepKind, type StepResult } from "../../engine/step-kind.ts";
import type { StepNotes } from "../../engine/step-notes.ts";
import type { Clock } from "../../platform/clock.ts";
import { type HttpTargetDeps, HttpLookShape, httpTargets } from "../network/http-targets.ts";
import { PatienceShape, ProbeOutput, runProbe } from "../network/probe-input.ts";
import { PROBE_FAILURES } from "../network/probe-notes.ts";

const Input = z.strictObject({ ...HttpLookShape, ...PatienceShape });
type Input = z.infer<typeof Input>;

const NOTES: StepNotes = {
  failures: PROBE_FAILURES,
  example: `id: smoke
uses: http/probe
with:
  urls: [https://checkout.example.com/healthz, https://checkout.example.com/api/version]
  good-in-a-row: 5
  interval: 2s
  latency: 500ms
  assert:
    - response.headers['content-type'].startsWith('application/json')
`,
};

export interface HttpProbeDeps extends HttpTargetDeps {
  readonly clock: Clock;
}

/** Looks at HTTP addresses until each has been good so many times in a row. */
export function httpProbe(deps: HttpProbeDeps): StepKind {
  return defineWait({
    kind: "http/probe",
    summary: "Waits until HTTP addresses answer as they have to, so many times in a row.",
    input: Input,
    output: ProbeOutput,
    notes: NOTES,
    run: (input, context) => probe(deps, input, context),
  });
}

async function probe(deps: HttpProbeDeps, input: Input, context: StepContext): Promise<StepResult<ProbeOutput>> {
  const targets = await httpTargets(deps, input);
  return await runProbe(deps.clock, { targets, patience: input, context });
}
