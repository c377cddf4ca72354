import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { loadCommands, readCommandFolder } from "../../../../src/commands/load-commands.ts";
import { checkConfiguration } from "../../../../src/config/load-configuration.ts";
import { scheduleFaults } from "../../../../src/triggers/schedule/schedule-faults.ts";
import { configured, rightConfiguration, rightExcept } from "../../../support/configured.ts";
import { scheduleSettings } from "../../../support/schedule-world.ts";
import { ROOT } from "../../../support/tracked-files.ts";
import { testCatalogue } from "../../commands/test-catalogue.ts";

const texts = await readCommandFolder(join(ROOT, "commands"));
const { commands } = loadCommands(texts, { catalogue: testCatalogue, slashNames: {} });
const START = "{ command: promote, inputs: { service: checkout, revision: main, environment: staging } }";

/** Where and what is wrong with the text after the right configuration. */
function mistakes(text: string, known: typeof commands | "unknown" = commands): readonly string[] {
  const before = rightExcept("group: S0DEV }", "group: S0DEV }, { schedule: nightly }");
  const lines = before.split("\n").length - 1;
  const source = { text: `${before}${text}`, file: "quarterdeck.yaml" };
  const result = checkConfiguration(source, (configuration) =>
    scheduleFaults(configuration, known === "unknown" ? undefined : known),
  );
  if (result.kind === "valid") return [];
  return result.diagnostics.map(({ line, column, message }) => `${line - lines}:${column} ${message}`);
}

/** The same of one schedule. */
function wrong(fields: string, start = START): readonly string[] {
  return mistakes(`schedules:\n  - { name: nightly, ${fields} }\n`.replace("START", `start: ${start}`));
}

describe("scheduleFaults", () => {
  it("finds nothing in a right schedule", () => {
    expect(wrong('cron: "0 9 * * 1-5", time-zone: Europe/Berlin, missed: all, jitter: 5m, START')).toEqual([]);
    const reason =
      "{ command: lock, inputs: { service: checkout, environment: prod, reason: 'Since ${{ event.date }}' } }";
    expect(wrong('cron: "@daily", START', reason)).toEqual([]);
  });

  it("finds a cron that nobody can follow, at its place", () => {
    expect(wrong('cron: "0 25 * * *", START')).toEqual([
      '2:28 schedules[0].cron: "25" is no hour; five fields of cron are expected, such as "0 9 * * 1-5" for nine o\'clock on weekdays',
    ]);
    expect(wrong('cron: "0 0 31 2 *", START')[0]).toContain("no month that it names has such a day");
  });

  it("finds zones, policies and times that are none", () => {
    expect(wrong('cron: "0 9 * * *", time-zone: Europe/Berlim, START')[0]).toContain(
      "the name of a time zone is expected",
    );
    expect(wrong('cron: "0 9 * * *", missed: first, START')[0]).toContain("missed");
    expect(wrong('cron: "0 9 * * *", jitter: 2d, START')[0]).toContain("out of range");
  });

  it("finds commands that there are not, at their place", () => {
    expect(wrong('cron: "0 9 * * *", START', "{ command: promot }")).toEqual([
      '2:59 schedules[0].start.command: there is no command "promot"; did you mean "promote"?',
    ]);
  });

  it("finds inputs that the command has not, that it needs, and that do not fit", () => {
    const inputs = "{ command: promote, inputs: { service: checkout, revison: main, environment: staging } }";
    expect(wrong('cron: "0 9 * * *", START', inputs)).toEqual([
      '2:59 schedules[0].start.command: promote needs "revision" in `inputs`',
      expect.stringContaining('there is no input of promote "revison"; did you mean "revision"?'),
    ]);
    const until = "{ command: lock, inputs: { service: checkout, environment: prod, reason: x, duration: soon } }";
    expect(wrong('cron: "0 9 * * *", START', until)[0]).toContain("schedules[0].start.inputs.duration");
  });

  it("finds services and environments that there are not, unless they may be discovered", () => {
    const of = (service: string, environment: string): readonly string[] =>
      wrong(
        'cron: "0 9 * * *", START',
        `{ command: promote, inputs: { service: ${service}, revision: main, environment: ${environment} } }`,
      ).map((mistake) => mistake.replace(/^[^:]*:\d+ /u, ""));
    expect(of("checkout", "staging")).toEqual([]);
    expect(of("chekout", "stagin")).toEqual([
      'schedules[0].start.inputs.service: there is no service "chekout"; did you mean "checkout"?',
      'schedules[0].start.inputs.environment: there is no environment "stagin"; did you mean "staging"?',
    ]);
    const inputs = { service: "chekout", revision: "main", environment: "stagin" };
    const schedule = { ...scheduleSettings({ cron: "@daily" }), start: { command: "promote", inputs } };
    const roles = { night: [{ kind: "machine" as const, machine: `schedule:${schedule.name}` }] };
    const known = { schedules: [schedule], roles, services: [], environments: [] };
    expect(scheduleFaults(known, commands)).toHaveLength(2);
    const { discovery } = configured(`${rightConfiguration}discovery: {}\n`);
    expect(scheduleFaults({ ...known, discovery }, commands)).toMatchObject([
      { path: expect.arrayContaining(["environment"]) },
    ]);
  });

  it("finds mistakes in expressions", () => {
    const of = (text: string): string => {
      const start = `{ command: promote, inputs: { service: "${text}", revision: main, environment: staging } }`;
      return wrong('cron: "0 9 * * *", START', start).join();
    };
    expect(of("${{ event.day }}")).toContain('"day"');
    expect(of("${{ evnt.date }}")).toContain('Did you mean "event"?');
    expect(of("${{ event }}")).toContain("this is event, and text belongs here");
    expect(of("x ${{ event.date")).toContain('no "}}" that closes it');
    expect(of("${{ event.date + 1 }}")).toContain("event.date + 1: ");
  });

  it("finds two schedules of one name, and roles of schedules that there are not", () => {
    const one = `{ name: nightly, cron: "@daily", start: ${START} }`;
    expect(mistakes(`schedules:\n  - ${one}\n  - ${one}\n`)).toEqual([
      '3:13 schedules[1].name: the name "nightly" is taken by entry 1 of `schedules`; choose another',
    ]);
    const fault = scheduleFaults(
      {
        schedules: [],
        services: [],
        environments: [],
        roles: { night: [{ kind: "everyone" }, { kind: "machine", machine: "schedule:nightly" }] },
      },
      commands,
    );
    expect(fault).toMatchObject([
      { path: ["roles", "night", 1, "schedule"], message: expect.stringContaining("nightly") },
    ]);
  });

  it("finds a schedule that no role names", () => {
    const other = `schedules:\n  - { name: nightly, cron: "@daily", start: ${START} }\n  - { name: weekly, cron: "@weekly", start: ${START} }\n`;
    expect(mistakes(other)).toEqual([
      "3:13 schedules[1].name: no role names this schedule, so it may start nothing; add `{ schedule: weekly }` to one",
    ]);
  });

  it("says nothing of what is started while it is not known which commands there are", () => {
    const text = 'schedules:\n  - { name: nightly, cron: "0 9 * * *", start: { command: gone } }\n';
    expect(mistakes(text, "unknown")).toEqual([]);
  });
});
