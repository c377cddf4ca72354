import { describe, expect, it, onTestFinished } from "vitest";

import { loadCommands, readCommandFolder } from "../../../src/commands/load-commands.ts";
import type { Command } from "../../../src/commands/command.ts";
import { commandText } from "../../../src/commands/command-text.ts";
import { settle } from "../../support/fake-clock.ts";
import { IntakeRig } from "../../support/intake-rig.ts";
import { anApplication, SHA_A, SHA_B } from "../argocd/application-builder.ts";
import { testCatalogue } from "../commands/test-catalogue.ts";

const FOLDER = new URL("../../../commands", import.meta.url).pathname;
const { commands } = loadCommands(await readCommandFolder(FOLDER), { catalogue: testCatalogue, slashNames: {} });
const changing = commands.filter(({ body }) => body.kind !== "answers");

/** In no group, and so allowed nothing. */
const STRANGER = "U9";
const DOORS = ["slash", "button", "modal"] as const;

async function open(): Promise<{ readonly rig: IntakeRig; readonly run: string }> {
  const application = (name: string): ReturnType<typeof anApplication> =>
    anApplication({
      metadata: { name },
      status: {
        history: [
          { id: 1, revision: SHA_B },
          { id: 2, revision: SHA_A },
        ],
      },
    });
  const rig = await IntakeRig.open([application("checkout-staging"), application("checkout-prod")]);
  onTestFinished(() => rig[Symbol.asyncDispose]());
  await rig.type("U1", "/promote checkout abc1234 to staging");
  await settle();
  const [row] = rig.store.events.listRuns({ limit: 1 });
  if (row === undefined) throw new Error("no run was started");
  return { rig, run: row.id };
}

/** Something for every input that a command has. */
function valuesFor({ inputs }: Command, run: string): Record<string, string> {
  const byType: Readonly<Record<string, string>> = {
    service: "checkout",
    environment: "staging",
    revision: SHA_B,
    run: run.slice(-6),
    string: "because",
    duration: "1h",
    number: "1",
    boolean: "true",
    person: "U1ANA0001",
  };
  return Object.fromEntries(
    inputs.map(({ name, definition }) => {
      const value = definition.type === "choice" ? definition.values[0] : byType[definition.type];
      return [name, value ?? ""];
    }),
  );
}

async function through(
  door: (typeof DOORS)[number],
  rig: IntakeRig,
  { command, values }: { command: Command; values: Record<string, string> },
): Promise<void> {
  if (door === "slash") {
    await rig.type(STRANGER, commandText(command, values));
    return;
  }
  const sender = { team: "T1", user: STRANGER, channel: "C1", answerUntil: 0 };
  await rig.intake.receive(`second-door-${door}`, { kind: "command", ...sender, door, command: command.id, values });
}

/** Everything that could have been changed. */
function standing({ store, runs, jobs }: IntakeRig, run: string): unknown {
  return [store.events.listRuns({ limit: 100 }), store.events.readRun(run), runs.locks.locks(), jobs.length];
}

describe("a second endpoint without the permission check", () => {
  it.each(changing.flatMap((command) => DOORS.map((door) => [command.id, door, command] as const)))(
    "is not %s by %s: whoever may do nothing changes nothing",
    async (_id, door, command) => {
      const { rig, run } = await open();
      const values = valuesFor(command, run);
      // A flag that is given says more than one that is not, and no flag says who may.
      const before = standing(rig, run);
      await through(door, rig, { command, values });
      await settle();
      expect(standing(rig, run)).toEqual(before);
      const answer = await rig.told(STRANGER);
      expect(answer.kind === "notice" ? answer.code : answer.kind).toMatch(/^access\./u);
    },
  );

  it("is none that somebody forgot: every command that changes something was tried", () => {
    expect(changing.map(({ id }) => id).toSorted()).toEqual(
      ["cancel", "lock", "promote", "retry", "rollback", "signal", "sync", "unlock"].toSorted(),
    );
  });
});
