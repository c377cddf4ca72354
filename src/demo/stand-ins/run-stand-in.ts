import { systemClock } from "../../platform/clock.ts";
import { ansiblePlaybook } from "./ansible/ansible-playbook.ts";
import { cosign } from "./cosign.ts";
import type { StandIn } from "./stand-in.ts";
import { terraform } from "./terraform/terraform.ts";
import { trivy } from "./trivy.ts";

/** Every program that can be played where it is not installed. */
export const STAND_INS: readonly StandIn[] = [terraform, ansiblePlaybook, trivy, cosign];

export interface StandInProcess {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: () => string;
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
  readonly once: (signal: "SIGINT" | "SIGTERM", listener: () => void) => unknown;
  exitCode?: number | string | null | undefined;
}

/** Plays a program with what this process was started with; the exit code is set when it has ended. */
export async function runStandIn(name: string, own: StandInProcess): Promise<void> {
  const found = STAND_INS.find((known) => known.name === name);
  if (found === undefined) throw new TypeError(`there is no stand-in for ${name}`);
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) own.once(signal, () => stop.abort(new Error(signal)));
  own.exitCode = await found.run({
    args: own.argv.slice(2),
    env: own.env,
    folder: own.cwd(),
    clock: systemClock,
    signal: stop.signal,
    out: (text) => void own.stdout.write(text),
    err: (text) => void own.stderr.write(text),
  });
}
