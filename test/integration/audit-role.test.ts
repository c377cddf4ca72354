import { copyFileSync } from "node:fs";
import { join } from "node:path";

import Database from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { openStore } from "../../src/store/store.ts";
import { type Ended, runProgram } from "../support/process-rig.ts";
import { STORE_DEPS, StoreFolder } from "../support/store-folder.ts";

/** As an auditor has it: no configuration, no variables of the server, another working directory. */
const run = (folder: StoreFolder, ...args: readonly string[]): Promise<Ended> =>
  runProgram(["audit", ...args], { cwd: folder.path });

describe("quarterdeck audit", () => {
  let folder: StoreFolder;
  let copy: string;

  beforeAll(async () => {
    folder = new StoreFolder();
    await using store = await openStore({ ...STORE_DEPS, dataFolder: folder.path, address: "here" });
    const actor = store.people.pseudonymOf("T1", "U0ANA");
    for (const number of [1, 2, 3]) {
      const event = { type: "test.happened", at: Date.UTC(2026, 0, number), actor, number };
      await store.events.append({ stream: "tests", expectedVersion: -1, events: [event] });
    }
  });

  afterAll(() => folder[Symbol.dispose]());

  const copied = (name: string, change: string): string => {
    copy = join(folder.path, name);
    copyFileSync(folder.log, copy);
    const database = new Database(copy);
    database.exec(change);
    database.close();
    return copy;
  };

  it("finds a log intact, tells its head, and takes the head back as proof", async () => {
    const { stdout, code, stderr } = await run(folder, "verify", folder.path);
    expect(stderr).toBe("");
    expect(stdout).toMatch(
      /^Intact: 4 events, .* to 2026-01-03T00:00:00\.000Z, nothing redacted\.\nHead: 4:[0-9a-f]{64}\n/u,
    );
    expect(code).toBe(0);
    const head = /Head: (\S+)/u.exec(stdout)?.[1] ?? "";
    const again = await run(folder, "verify", folder.log, "--head", head, "--json");
    expect(JSON.parse(again.stdout)).toMatchObject({ status: "intact", events: 4 });
    expect(again.code).toBe(0);
  });

  it.each([
    [
      "an edited payload",
      "UPDATE events SET payload = replace(payload, '2', '9') WHERE sequence = 3",
      /BROKEN at event 3/u,
    ],
    ["a deleted event", "DELETE FROM events WHERE sequence = 3", /BROKEN at event 4: event 3 is missing/u],
    ["another person put in", "UPDATE people SET user = 'U0EVE'", /BROKEN at event 1: .* is not the person/u],
  ])("finds %s in a copy", async (name, change, text) => {
    const { stdout, code } = await run(folder, "verify", copied(`${name.replaceAll(" ", "-")}.db`, change));
    expect(stdout).toMatch(text);
    expect(code).toBe(1);
  });

  it("notices a tail that was cut off when it is given the head of before", async () => {
    const { stdout: whole } = await run(folder, "verify", folder.path);
    const cut = copied("cut.db", "DELETE FROM events WHERE sequence = 4");
    expect((await run(folder, "verify", cut)).code).toBe(0);
    const head = /Head: (\S+)/u.exec(whole)?.[1] ?? "";
    const { stdout, code } = await run(folder, "verify", cut, "--head", head);
    expect(stdout).toContain("the log ends before event 4, which was anchored");
    expect(code).toBe(1);
  });

  it("exports what was asked for, with the people in it", async () => {
    const { stdout, code } = await run(
      folder,
      "export",
      folder.path,
      "--from",
      "2026-01-02",
      "--until",
      "2026-01-03",
      "--user",
      "U0ANA",
    );
    expect(
      stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([expect.objectContaining({ sequence: 3, type: "test.happened", user: "U0ANA", payload: { number: 2 } })]);
    expect(code).toBe(0);
    const csv = await run(folder, "export", folder.path, "--format", "csv");
    expect(csv.stdout.split("\n")).toHaveLength(6);
  });

  it("exports a run by the short id that people see, and says when there is none such", async () => {
    const log = copied("runs.db", "UPDATE events SET stream = 'run_01M7ZBPWYC24JCW7VYN8TVWC4C' WHERE sequence > 2");
    const short = await run(folder, "export", log, "--run", "run_wc4c");
    expect(short.stdout.trim().split("\n")).toHaveLength(2);
    const whole = await run(folder, "export", log, "--run", "run_01M7ZBPWYC24JCW7VYN8TVWC4C");
    expect(whole.stdout).toBe(short.stdout);
    const none = await run(folder, "export", log, "--run", "run_ZZZZ");
    expect(none).toMatchObject({ code: 1, stdout: "", stderr: 'There is no run "run_ZZZZ" in this log.\n' });
    const nobody = await run(folder, "export", log, "--user", "ana");
    expect(nobody).toMatchObject({ code: 1, stdout: "" });
    expect(nobody.stderr).toContain("ana has done nothing that is in this log");
  });

  it.each([
    [["verify", "/nowhere"], 1, /There is nothing at \/nowhere\. Name a data folder/u],
    [["verify", "x", "--head", "4"], 2, /"4" is no head: it is SEQUENCE:HASH/u],
    [["export", "--from", "yesterday"], 2, /--from "yesterday" is no time: write 2026-01-31/u],
    [["export", "--format", "xml"], 2, /"xml" is no format/u],
    [["verify", "--help"], 2, /^Unknown option '--help'\.\nUsage: quarterdeck audit verify/u],
    [["mend"], 2, /There is no "audit mend"\.\nUsage: quarterdeck audit/u],
    [[], 2, /Say verify, export or key/u],
  ])("refuses %j with what would be right", async (args, code, text) => {
    const ended = await run(folder, ...args);
    expect(ended.stderr).toMatch(text);
    expect(ended.code).toBe(code);
  });

  it("says of a file that is no log what it is not", async () => {
    const foreign = join(folder.path, "foreign.db");
    const database = new Database(foreign);
    database.exec("CREATE TABLE notes (text)");
    database.close();
    const { stderr, code } = await run(folder, "verify", foreign);
    expect(stderr).toContain("is a database of another program");
    expect(code).toBe(1);
  });
});
