import { z } from "zod";

import { ArgocdError } from "../../argocd/argocd-errors.ts";
import type { AppLocation, ArgocdServer } from "../../argocd/argocd-server.ts";
import { defineWait, type StepContext, type StepKind, type StepResult } from "../../engine/step-kind.ts";
import type { StepNotes } from "../../engine/step-notes.ts";
import { civilText } from "../../platform/civil-time.ts";
import type { Clock } from "../../platform/clock.ts";
import { durationText } from "../../platform/duration.ts";
import { AppError } from "../../platform/errors.ts";
import { locate } from "../locate.ts";
import { openingAt, type WindowRule } from "./opening.ts";
import { windowRules, WindowShape } from "./window-input.ts";

const Input = z.strictObject({
  ...WindowShape,
  app: z.string().optional().meta({
    description: "`server/namespace/name` of an application: its sync windows in Argo CD have to be open, too",
  }),
});
type Input = z.infer<typeof Input>;

const Output = z.strictObject({
  until: z.int().optional().meta({
    description:
      "When the window that is open closes, in milliseconds since the epoch; absent where only Argo CD knows",
  }),
  waited: z.int().meta({ description: "How long the step took, in milliseconds" }),
  notes: z.array(z.string()).meta({ description: "What people are told of it" }),
});
type Output = z.infer<typeof Output>;

const NOTES: StepNotes = {
  failures: {
    "window.never": { retry: "never", meaning: "No window opens in the next eight years." },
    "window.bad-input": { retry: "never", meaning: "Nothing says when it is open, or only half of it." },
    "argocd.gone": { retry: "never", meaning: "The application does not exist, or the account may not see it." },
  },
  example: `id: office_hours
uses: window
with:
  days: mon-thu
  hours: 09:00-16:00
  time-zone: Europe/Berlin
`,
};

// The clock may be set while nothing happens; this is how late that is noticed.
const LOOK_MS = 300_000;
// Argo CD tells nobody when a window opens.
const ASK_MS = 60_000;

export interface WindowDeps {
  readonly servers: ReadonlyMap<string, ArgocdServer>;
  readonly clock: Clock;
}

/** Waits for the next time at which something may be done. */
export function releaseWindow(deps: WindowDeps): StepKind {
  return defineWait({
    kind: "window",
    summary: "Waits until a window opens: certain hours, a schedule, or the sync windows of an application in Argo CD.",
    input: Input,
    output: Output,
    notes: NOTES,
    run: (input, context) => wait(deps, input, context),
  });
}

async function wait({ servers, clock }: WindowDeps, input: Input, context: StepContext): Promise<StepResult<Output>> {
  const rules = windowRules(input);
  const location = input.app === undefined ? undefined : locate(servers, input.app);
  if (rules.length === 0 && location === undefined) {
    const message = 'Nothing says when it is open. Give "days", "hours", "cron" with "for", or "app".';
    throw new AppError(message, { code: "window.bad-input" });
  }
  const zone = input["time-zone"] ?? "UTC";
  for (;;) {
    const until = await untilOpen({ rules, zone }, { clock, context });
    const isLet = location === undefined || (await mayBeSynced(location, context));
    // The answer may have taken so long that the window is over.
    if (isLet && until !== undefined && clock.now() >= until) continue;
    if (isLet) return { status: "succeeded", output: outputOf({ until, zone }, clock.now() - context.startedAt) };
    await clock.sleep(ASK_MS, context.signal);
  }
}

function outputOf(
  { until, zone }: { readonly until: number | undefined; readonly zone: string },
  waitedMs: number,
): Output {
  const waited = Math.max(0, Math.round(waitedMs));
  if (until === undefined) return { waited, notes: [] };
  return { until, waited, notes: [`open until ${civilText(until, zone)}`] };
}

/** Resolves while one of the windows is open, with when it closes; at once where there is none. */
async function untilOpen(
  { rules, zone }: { readonly rules: readonly WindowRule[]; readonly zone: string },
  { clock, context }: { readonly clock: Clock; readonly context: StepContext },
): Promise<number | undefined> {
  if (rules.length === 0) return undefined;
  for (;;) {
    const now = clock.now();
    const opening = openingAt(rules, now);
    if (opening.kind === "open") return opening.untilMs;
    if (opening.kind === "never") {
      throw new AppError("This window does not open in the next eight years. Check its days and its schedule.", {
        code: "window.never",
      });
    }
    const leftMs = opening.opensMs - now;
    context.progress({ text: `Opens ${civilText(opening.opensMs, zone)}, in ${durationText(leftMs)}` });
    await clock.sleep(Math.min(leftMs, LOOK_MS), context.signal);
  }
}

/** Whether Argo CD would let a sync through now. While it is away, it is asked again. */
async function mayBeSynced({ server, address }: AppLocation, context: StepContext): Promise<boolean> {
  try {
    const { canSync } = await server.client.syncWindows(address, { signal: context.signal });
    if (!canSync) context.progress({ text: `A sync window of Argo CD keeps ${address.name} closed` });
    return canSync;
  } catch (error) {
    context.signal.throwIfAborted();
    if (!(error instanceof ArgocdError) || error.retry === "never") throw error;
    context.progress({ text: "Argo CD does not answer; it is asked again" });
    return false;
  }
}
