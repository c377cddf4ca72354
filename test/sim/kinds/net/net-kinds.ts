import type { Artifacts } from "../../../../src/engine/artifacts.ts";
import type { StepKind } from "../../../../src/engine/step-kind.ts";
import type { Random } from "../../../../src/platform/ids.ts";
import { httpProbe } from "../../../../src/steps/http/http-probe.ts";
import { imageResolve } from "../../../../src/steps/image/image-resolve.ts";
import { manifestsValidate } from "../../../../src/steps/manifests/manifests-validate.ts";
import { metricsCheck } from "../../../../src/steps/metrics/metrics-check.ts";
import type { AllowedProgram } from "../../../../src/steps/program/allowed-program.ts";
import { programRun } from "../../../../src/steps/program/program-run.ts";
import { delay } from "../../../../src/steps/timing/delay.ts";
import { releaseWindow } from "../../../../src/steps/timing/release-window.ts";
import { soak } from "../../../../src/steps/timing/soak.ts";
import { websocketProbe } from "../../../../src/steps/websocket/websocket-probe.ts";
import { JOB } from "./job-ends.ts";
import type { NetWorld, Span } from "./net-world.ts";

interface Deps {
  readonly world: NetWorld;
  readonly span: Span;
  readonly random: Random;
  readonly artifacts: Artifacts;
}

/** The kinds that look at others, for one process. */
export function netKinds({ world, span, random, artifacts }: Deps): readonly StepKind[] {
  const { clock, life, number } = span;
  const servers = world.argocd.serve({ clock, random, life, number });
  const networkPolicy = () => ({ privateAddresses: "deny" as const, allow: [] });
  const network = { clock, networkPolicy, send: world.sender(span) };
  const now = (): number => world.now;
  const exportFolder = () =>
    artifacts.put({ name: "folder.tar", mediaType: "application/x-tar", content: Buffer.alloc(1024) });
  const preparation = { allowedProgram, exportFolder };
  const programs = { programs: world.programs(span), folders: world.folders(), clock, preparation };
  return [
    httpProbe(network),
    websocketProbe({ ...network, look: world.sockets.looker({ clock, now, life: number }) }),
    metricsCheck(network),
    soak({ ...network, servers, timingOf: () => ({ degradedGraceMs: 10_000 }) }),
    delay({ clock }),
    releaseWindow({ servers, clock }),
    programRun(programs),
    imageResolve(network),
    manifestsValidate({ ...programs, servers }),
  ];
}

/** The program that steps may run: under one name once an attempt, under another one as often as needed. */
function allowedProgram(name: string): AllowedProgram | undefined {
  if (name !== "once" && name !== "again") return undefined;
  const repeat = name === "once" ? "ask" : "safe";
  return { path: JOB, args: [], options: false, env: {}, variables: ["SECRET"], repeat };
}
