import { describe, expect, it, onTestFinished } from "vitest";

import type { Machine, MachineSort } from "../../../src/domain/machine.ts";
import { type Answer, notice } from "../../../src/engine/answer.ts";
import { rightConfiguration } from "../../support/configured.ts";
import { settle } from "../../support/fake-clock.ts";
import { commitAnswer, IntakeRig } from "../../support/intake-rig.ts";
import { anApplication, SHA_A, SHA_B } from "../argocd/application-builder.ts";

const VERBS = ["promote", "sync", "rollback", "lock", "unlock"] as const;

/** Who may what, as the configuration says it: by the name of a role, whose only member has that name too. */
const STANDINGS = {
  everything: { services: "all", environments: "all", verbs: VERBS },
  "both places": { services: "[checkout]", environments: "[staging, prod]", verbs: VERBS },
  "staging alone": { services: "[checkout]", environments: "[staging]", verbs: VERBS },
  "another service": { services: "[payments]", environments: "all", verbs: VERBS },
  "another verb": { services: "all", environments: "all", verbs: ["provision"] },
  nothing: undefined,
} as const;
type Standing = keyof typeof STANDINGS;

const names = ["everything", "both places", "staging alone", "another service", "another verb", "nothing"] as const;
const roleOf = (standing: Standing): string => standing.replaceAll(" ", "-");
const userOf = (standing: Standing): string => `U0${roleOf(standing).replaceAll("-", "").toUpperCase()}`;
const SORTS: readonly MachineSort[] = ["trigger", "schedule", "token"];

/** Everybody who is a person may unlock in payments as well: machines are not everybody. */
const CONFIGURATION = rightConfiguration.replace(
  /roles:[\s\S]*?secrets:/u,
  [
    "roles:",
    "  all: [everyone]",
    ...names.flatMap((standing) => {
      const machines = SORTS.map((sort) => `{ ${sort}: ${roleOf(standing)} }`);
      return `  ${roleOf(standing)}: [${[`{ user: ${userOf(standing)} }`, ...machines].join(", ")}]`;
    }),
    "grants:",
    "  - { role: all, verbs: [unlock], services: [payments], environments: all }",
    ...names.flatMap((standing) => {
      const grant = STANDINGS[standing];
      if (grant === undefined) return [];
      const { verbs, services, environments } = grant;
      return `  - { role: ${roleOf(standing)}, verbs: [${verbs.join(", ")}], services: ${services}, environments: ${environments} }`;
    }),
    "secrets:",
  ].join("\n"),
);

interface Act {
  readonly what: string;
  readonly command: string;
  readonly words: string;
  readonly values: Readonly<Record<string, string>>;
  /** Who may do it. */
  readonly allowed: readonly Standing[];
}

const inProd: readonly Standing[] = ["everything", "both places"];
const inStaging: readonly Standing[] = [...inProd, "staging alone"];
const place = (environment: string) => ({ service: "checkout", environment });
const revision = { revision: SHA_B };

const ACTS: readonly Act[] = [
  {
    what: "promote to staging",
    command: "promote",
    words: `/promote checkout ${SHA_B} to staging`,
    values: { ...place("staging"), ...revision },
    allowed: inStaging,
  },
  {
    what: "promote to prod",
    command: "promote",
    words: `/promote checkout ${SHA_B} to prod`,
    values: { ...place("prod"), ...revision },
    allowed: inProd,
  },
  { what: "sync prod", command: "sync", words: "/qd sync checkout in prod", values: place("prod"), allowed: inProd },
  {
    what: "roll prod back",
    command: "rollback",
    words: "/rollback checkout in prod",
    values: place("prod"),
    allowed: inProd,
  },
  {
    what: "roll staging back",
    command: "rollback",
    words: "/rollback checkout in staging",
    values: place("staging"),
    allowed: inStaging,
  },
  {
    what: "lock prod",
    command: "lock",
    words: "/qd lock checkout in prod because freeze",
    values: { ...place("prod"), reason: "freeze" },
    allowed: inProd,
  },
  {
    what: "unlock staging",
    command: "unlock",
    words: "/qd unlock checkout in staging",
    values: place("staging"),
    allowed: inStaging,
  },
];

type Door = "slash" | "button" | "modal" | "trigger" | "schedule" | "api";
const DOORS: readonly Door[] = ["slash", "button", "modal", "trigger", "schedule", "api"];
const SORT_OF: Readonly<Partial<Record<Door, MachineSort>>> = {
  trigger: "trigger",
  schedule: "schedule",
  api: "token",
};

async function open(): Promise<IntakeRig> {
  const applications = ["checkout-staging", "checkout-prod"].map((name) =>
    anApplication({ metadata: { name }, status: { history: [{ id: 1, revision: SHA_A }] } }),
  );
  const rig = await IntakeRig.open(applications, CONFIGURATION);
  rig.revision = (text) => Promise.resolve(commitAnswer(text));
  onTestFinished(() => rig[Symbol.asyncDispose]());
  return rig;
}

let asked = 0;

/** What comes of it when somebody of that standing asks for it by a door. */
async function askBy(
  door: Door,
  rig: IntakeRig,
  { standing, act }: { readonly standing: Standing; readonly act: Act },
): Promise<Answer | undefined> {
  asked += 1;
  const key = `key-${asked}`;
  const { command, words, values } = act;
  const sort = SORT_OF[door];
  const outcome = async (): Promise<Answer | undefined> => {
    if (sort !== undefined && (door === "trigger" || door === "schedule" || door === "api")) {
      const machine: Machine = { sort, name: roleOf(standing) };
      const { answer } = await rig.machines.ask(key, { machine, door, command, typed: { values } });
      const told = await answer;
      return told?.code === "text" ? { kind: "text", text: told.message } : told && notice(told.code, told.message);
    }
    const sender = { team: "T1", user: userOf(standing), channel: "C1", answerUntil: rig.clock.now() + 1_800_000 };
    const [slash = "", ...rest] = words.split(" ");
    const arrival =
      door === "slash"
        ? ({ kind: "slash", ...sender, command: slash, text: rest.join(" ") } as const)
        : ({ kind: "command", ...sender, door: door === "button" ? "button" : "modal", command, values } as const);
    return await (
      await rig.intake.take(key, arrival)
    ).outcome;
  };
  const answered = outcome();
  await settle();
  return await answered;
}

const codeOf = (answer: Answer | undefined): string => (answer?.kind === "notice" ? answer.code : (answer?.kind ?? ""));

/** The words of a refusal, without which machine is meant. */
function wordsOf(answer: Answer | undefined): string {
  return answer?.kind === "notice" ? answer.message.replace(/^The (?:trigger|schedule|token) /u, "MACHINE ") : "";
}

describe.each(ACTS)("whether somebody may $what", (act) => {
  it.each(names)("does not depend on the door: whoever is granted %s", async (standing) => {
    const rig = await open();
    const answers = [];
    for (const door of DOORS) answers.push(await askBy(door, rig, { standing, act }));
    const isAllowed = act.allowed.includes(standing);
    expect(answers.map((answer) => codeOf(answer).startsWith("access."))).toEqual(DOORS.map(() => !isAllowed));
    // It was understood by every door, and what came of it is about what it is, and not about who asked.
    expect(answers.map((answer) => answer?.kind)).not.toContain("text");
    expect(answers).not.toContain(undefined);
    if (isAllowed) return;
    expect(new Set(answers.map(codeOf))).toEqual(new Set(["access.not-granted"]));
    // People are told which role it takes, machines which grant theirs does.
    const words = [...new Set(answers.map(wordsOf))];
    expect(words.filter((text) => text.startsWith("MACHINE"))).toHaveLength(1);
    expect(words).toHaveLength(2);
    expect(rig.store.events.listRuns({ limit: 1 })).toEqual([]);
  });
});

describe("what is asked over the API", () => {
  it.each(ACTS)(
    "may be said in the words that people type after the command: $what",
    async ({ command, words, values }) => {
      const rig = await open();
      const machine: Machine = { sort: "token", name: roleOf("everything") };
      const { pattern } = rig.commands.find(({ id }) => id === command) ?? {};
      // People say which command it is by the slash, or by the word after /qd.
      const typed = words.split(" ").slice(pattern?.slash === "qd" ? 2 : 1);
      const answers = [];
      for (const said of [{ words: typed.join(" ") }, { values }]) {
        const { answer } = await rig.machines.ask(`key-${JSON.stringify(said)}`, {
          machine,
          door: "api",
          command,
          typed: said,
        });
        await settle();
        answers.push((await answer)?.code.replace("run.joined", "run.started"));
      }
      expect([answers[0], answers[0] === "text"]).toEqual([answers[1], false]);
    },
  );
});

describe("whether somebody may cancel or retry what somebody else asked for", () => {
  it.each(names)("takes the grant of what the run does, by every door: whoever is granted %s", async (standing) => {
    const rig = await open();
    const start = ACTS[1];
    if (start === undefined) throw new TypeError("there is no act");
    const started = await askBy("slash", rig, { standing: "everything", act: start });
    const run = started?.kind === "notice" ? (started.run ?? "") : "";
    const isAllowed = inProd.includes(standing) || standing === "everything";
    for (const command of ["cancel", "retry"]) {
      const act: Act = { what: command, command, words: `/qd ${command} ${run}`, values: { run }, allowed: [] };
      // Whoever asked for it may always cancel it, which is not what this is about.
      const doors = standing === "everything" ? DOORS.filter((door) => SORT_OF[door] !== undefined) : DOORS;
      for (const door of doors) {
        const code = codeOf(await askBy(door, rig, { standing, act }));
        expect([command, door, code.startsWith("access.")]).toEqual([command, door, !isAllowed]);
        if (!isAllowed) expect(rig.runs.state(run).cancel).toBeUndefined();
      }
    }
  });
});

describe("what a machine is not", () => {
  it.each(SORTS)("a %s is not everybody, in no group, and no person of that id", async (sort) => {
    const rig = await open();
    const unlock = { command: "unlock", values: { service: "payments", environment: "prod" } };
    const byPerson = await askBy("slash", rig, {
      standing: "nothing",
      act: { ...unlock, what: "", words: "/qd unlock payments in prod", allowed: [] },
    });
    expect(codeOf(byPerson)).toBe("lock.none");
    const door = sort === "token" ? "api" : sort;
    for (const name of ["nothing", userOf("everything"), "s0dev"]) {
      asked += 1;
      const machine: Machine = { sort, name };
      const { answer } = await rig.machines.ask(`key-${asked}`, {
        machine,
        door,
        command: unlock.command,
        typed: { values: unlock.values },
      });
      await settle();
      expect([name, (await answer)?.code]).toEqual([name, "access.not-granted"]);
    }
  });

  it("one sort is not another of the same name", async () => {
    const only = CONFIGURATION.replaceAll(/\{ (?:schedule|token): everything \}/gu, "{ trigger: x }");
    const applications = ["checkout-staging", "checkout-prod"].map((name) => anApplication({ metadata: { name } }));
    const rig = await IntakeRig.open(applications, only);
    onTestFinished(() => rig[Symbol.asyncDispose]());
    const start = ACTS[0];
    if (start === undefined) throw new TypeError("there is no act");
    const codes = [];
    for (const door of ["trigger", "schedule", "api"] as const) {
      codes.push(codeOf(await askBy(door, rig, { standing: "everything", act: start })));
    }
    expect(codes.map((code) => code.startsWith("access."))).toEqual([false, true, true]);
  });
});
