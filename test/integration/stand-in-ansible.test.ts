import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { expect, it, onTestFinished } from "vitest";

import { machineFiles } from "../../src/demo/world-parts/machine-files.ts";
import type { Outcome } from "../../src/domain/outcome.ts";
import { findProgram } from "../../src/programs/find-program.ts";
import type { Programs } from "../../src/programs/program-order.ts";
import { AnsibleBench } from "../support/ansible-bench.ts";
import { standInPrograms } from "../support/stand-in-bench.ts";
import { machinePrograms } from "../support/terraform-program.ts";

const MARK = " [stand-in for ansible-playbook]";

const hasAnsible = await findProgram("ansible-playbook", process.env["PATH"]).then(
  () => true,
  () => false,
);

interface Stage {
  readonly bench: AnsibleBench;
  readonly folderOf: (host: string) => string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** The playbook of the demo, on two machines that are there already. */
async function open(createPrograms: (folder: string) => Programs): Promise<Stage> {
  const bench = await AnsibleBench.open(createPrograms);
  onTestFinished(() => bench[Symbol.asyncDispose]());
  await bench.write({ "site.json": machineFiles("/nowhere")["machines/site.json"] ?? "" });
  const folderOf = (host: string): string => join(bench.folder, "machines", host);
  const local = { ansible_connection: "local", ansible_python_interpreter: "auto_silent", cpus: 4 };
  for (const host of ["a", "b"]) await mkdir(folderOf(host), { recursive: true });
  const hosts = Object.fromEntries(["a", "b"].map((host) => [host, { ...local, folder: folderOf(host) }]));
  const variables = { service: "checkout", release: "not a {{ template }}" };
  return { bench, folderOf, input: { playbook: "site.json", inventory: { hosts }, variables } };
}

/** What came of an attempt, whoever made it. */
function shapeOf({ bench }: Stage, outcome: Outcome): unknown {
  const text = JSON.stringify(outcome, (key, value: unknown) => (key === "artifacts" ? undefined : value));
  const plain = text.replaceAll(MARK, "").replaceAll(`${MARK.trim()} `, "").replaceAll(bench.folder, "HERE");
  return JSON.parse(plain);
}

async function life(stage: Stage): Promise<readonly unknown[]> {
  const { bench, folderOf, input } = stage;
  const seen: unknown[] = [shapeOf(stage, await bench.play({ ...input, check: true }))];
  await writeFile(join(folderOf("b"), "etc"), "in the way");
  seen.push(shapeOf(stage, await bench.play(input)));
  await rm(join(folderOf("b"), "etc"));
  [bench.earlier, bench.checkpointed] = [bench.checkpointed, undefined];
  seen.push(shapeOf(stage, await bench.play(input)));
  bench.earlier = undefined;
  bench.checkpointed = undefined;
  seen.push(shapeOf(stage, await bench.play(input)));
  seen.push(shapeOf(stage, await bench.play({ ...input, limit: "c" })));
  for (const host of ["a", "b"]) {
    for (const file of ["visits", "restarts", "etc/checkout.conf"]) {
      seen.push(await readFile(join(folderOf(host), file), "utf8"));
    }
  }
  return seen;
}

it.skipIf(!hasAnsible)("plays the playbook of the demo as the real program does", async () => {
  const programs = await standInPrograms(["ansible-playbook"]);
  const [real, own] = [await open(machinePrograms), await open(() => programs)];
  const [theirs, ours] = await Promise.all([life(real), life(own)]);
  expect(ours).toEqual(theirs);
});

it("says in each line of its log that it is a stand-in, or whose result it is", async () => {
  const programs = await standInPrograms(["ansible-playbook"]);
  const stage = await open(() => programs);
  expect(await stage.bench.play(stage.input)).toMatchObject({
    status: "succeeded",
    output: { counts: { changed: 8 } },
  });
  const heads = (stage.bench.artifacts.text("log") ?? "")
    .split("\n")
    .filter((line) => /^(?:PLAY|TASK|HANDLER) /u.test(line));
  expect(heads.length).toBeGreaterThan(3);
  expect(heads.filter((line) => !line.includes(MARK.trim()) && !line.startsWith("PLAY RECAP"))).toEqual([]);
});
