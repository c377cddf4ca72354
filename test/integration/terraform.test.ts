import { readdirSync, readFileSync } from "node:fs";
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { expect, it } from "vitest";
import { z } from "zod";

import type { Outcome } from "../../src/domain/outcome.ts";
import { sealPlan } from "../../src/steps/terraform/saved-plan.ts";
import { StateServer } from "../support/state-server.ts";
import { TerraformBench } from "../support/terraform-bench.ts";
import { describeFamily, isAtLeast, machinePrograms } from "../support/terraform-program.ts";
import { eventually } from "../support/eventually.ts";

const NODES = `
variable "size" { default = 2 }
variable "version_" { default = "v1" }
resource "terraform_data" "node" {
  count            = var.size
  triggers_replace = var.version_
}
output "endpoint" { value = "https://prod.example.com" }
output "nodes" { value = var.size }
`;

const until = <Value>(look: () => Value): Promise<Value> => eventually(look);

function output(outcome: Outcome): Readonly<Record<string, unknown>> {
  if (outcome.status !== "succeeded") throw new Error(JSON.stringify(outcome));
  return outcome.output;
}

function failure(outcome: Outcome) {
  if (outcome.status !== "failed") throw new Error(JSON.stringify(outcome));
  return outcome.failure;
}

describeFamily("itself", (program) => {
  const open = (): Promise<TerraformBench> => TerraformBench.open(machinePrograms, program);

  it("creates, replaces, changes nothing and destroys, each exactly as planned", async () => {
    await using bench = await open();
    await bench.write({ "main.tf": NODES });
    const created = await bench.apply(bench.planOf(await bench.plan()));
    expect(created).toMatchObject({
      output: { added: 2, changed: 0, destroyed: 0, values: { endpoint: "https://prod.example.com", nodes: 2 } },
    });
    const replacing = await bench.plan({ variables: { version_: "v2", size: 3 } });
    expect(output(replacing)).toMatchObject({
      changed: true,
      plan: {
        add: 3,
        destroy: 2,
        replace: 2,
        resources: [
          { address: "terraform_data.node[0]", action: "replace", reason: "cannot_update" },
          { address: "terraform_data.node[1]", action: "replace", reason: "cannot_update" },
          { address: "terraform_data.node[2]", action: "create" },
        ],
      },
    });
    expect(await bench.apply(bench.planOf(replacing))).toMatchObject({ output: { added: 3, destroyed: 2 } });
    expect(bench.said.map(({ text }) => text)).toContain("5 of 5");
    const nothing = await bench.plan({ variables: { version_: "v2", size: 3 } });
    expect(output(nothing)).toMatchObject({ changed: false, plan: { add: 0, change: 0, destroy: 0, resources: [] } });
    const gone = await bench.plan({ variables: { version_: "v2", size: 3 }, destroy: true });
    expect(output(gone)).toMatchObject({ plan: { add: 0, destroy: 3, replace: 0 } });
    expect(await bench.apply(bench.planOf(gone))).toMatchObject({ output: { destroyed: 3, values: {} } });
    expect(await bench.leftovers()).toEqual([]);
  });

  it("counts in its state how often it was written, so that it shows when nothing was applied again", async () => {
    await using bench = await open();
    await bench.write({ "main.tf": NODES });
    const { state } = output(await bench.apply(bench.planOf(await bench.plan())));
    await bench.plan();
    expect(output(await bench.output())).toMatchObject({ state, values: { nodes: 2 } });
  });

  it("keeps a state for each workspace, also for one that is new", async () => {
    await using bench = await open();
    await bench.write({ "main.tf": `${NODES}output "where" { value = terraform.workspace }\n` });
    for (const workspace of ["blue", "green"]) {
      const plan = bench.planOf(await bench.plan({ workspace }));
      expect(plan).toMatchObject({ workspace, add: 2 });
      expect(output(await bench.apply(plan))).toMatchObject({ values: { where: workspace } });
      expect(output(await bench.plan({ workspace }))).toMatchObject({ changed: false });
      expect(output(await bench.output({ workspace }))).toMatchObject({ values: { where: workspace } });
    }
    expect(bench.planOf(await bench.plan())).toMatchObject({ workspace: "default", add: 2 });
  });

  it("says file and line of what is wrong in a configuration", async () => {
    await using bench = await open();
    await bench.write({ "main.tf": NODES, "bad.tf": 'resource "terraform_data" "x" {\n  nope = 1\n}\n' });
    const { code, message, details } = failure(await bench.plan());
    expect(code).toBe("terraform.failed");
    expect(message).toContain("Unsupported argument (bad.tf:2)");
    expect(details).toMatchObject({ diagnostics: [{ file: "bad.tf", line: 2 }] });
  });

  it("refuses a plan whose state was changed since, which is planned anew", async () => {
    await using bench = await open();
    await bench.write({ "main.tf": NODES });
    const old = bench.planOf(await bench.plan());
    output(await bench.apply(bench.planOf(await bench.plan({ variables: { size: 1 } }))));
    expect(failure(await bench.apply(old))).toMatchObject({
      code: "terraform.plan-stale",
      message: expect.stringContaining("the state was changed by something else after the plan was made"),
      details: { anew: "plan" },
    });
  });

  it("waits while another one holds the lock of the state, and says who", async () => {
    await using bench = await open();
    const slow =
      'resource "terraform_data" "slow" {\n  provisioner "local-exec" { command = "while [ ! -e go ]; do sleep 0.1; done" }\n}\n';
    await bench.write({ "main.tf": slow });
    const plan = bench.planOf(await bench.plan());
    const applying = bench.apply(plan);
    await until(() => expect(bench.said.at(-1)?.text).toMatch(/slow creating/u));
    await using other = await open();
    other.settings = { roots: [bench.folder] };
    const waiting = await other.plan({ directory: bench.directory, "lock-timeout": "0s" });
    expect(waiting).toMatchObject({
      status: "postponed",
      code: "terraform.state-locked",
      message: expect.stringMatching(/locked by \S+@\S+ for apply since 20\d\d-/u),
    });
    await writeFile(join(bench.config, "go"), "");
    expect(output(await applying)).toMatchObject({ added: 1 });
  });

  it("fails where its state cannot be read, and does not wait for a lock that nobody holds", async () => {
    await using bench = await open();
    await bench.write({ "main.tf": NODES, "terraform.tfstate": '{ "version": 4,' });
    const { code, message } = failure(await bench.plan());
    expect(code).toBe("terraform.failed");
    expect(message).toContain("Unsupported state file format");
  });

  it("saves its state when it is interrupted, names what was applied, and is not begun again", async () => {
    await using bench = await open();
    await bench.write({
      "main.tf": `
resource "terraform_data" "first" {}
resource "terraform_data" "slow" {
  depends_on = [terraform_data.first]
  provisioner "local-exec" { command = "sleep 600" }
}
resource "terraform_data" "last" { depends_on = [terraform_data.slow] }
`,
    });
    const plan = bench.planOf(await bench.plan());
    const stop = new AbortController();
    bench.signal = stop.signal;
    const applying = bench.apply(plan);
    await until(() => expect(bench.said.at(-1)?.text).toMatch(/^1 of 3: terraform_data.slow creating/u));
    stop.abort(new Error("its time is up"));
    const { code, message, details } = failure(await applying);
    expect(code).toBe("terraform.partial-apply");
    expect(message).toContain("it was stopped: its time is up");
    expect(details).toMatchObject({
      done: ["terraform_data.first"],
      failed: ["terraform_data.slow"],
      notBegun: ["terraform_data.last"],
      anew: "plan",
    });
    const state = await readFile(join(bench.config, "terraform.tfstate"), "utf8");
    expect(state).toContain('"first"');
    bench.signal = new AbortController().signal;
    expect(failure(await bench.apply(plan))).toMatchObject({ code: "terraform.plan-stale", details: { anew: "plan" } });
  });

  it("goes on to what is left after an error in the middle, with a new plan", async () => {
    await using bench = await open();
    const step = (command: string): string => `
resource "terraform_data" "first" {}
resource "terraform_data" "last" {
  depends_on = [terraform_data.first]
  provisioner "local-exec" { command = "${command}" }
}`;
    await bench.write({ "main.tf": step("exit 3") });
    const { message, code } = failure(await bench.apply(bench.planOf(await bench.plan())));
    expect(code).toBe("terraform.partial-apply");
    expect(message).toMatch(/1 applied \(terraform_data.first\), 1 failed \(terraform_data.last\)/u);
    await bench.write({ "main.tf": step("true") });
    const again = bench.planOf(await bench.plan());
    expect(again.resources).toEqual([{ address: "terraform_data.last", action: "replace", reason: "tainted" }]);
    expect(output(await bench.apply(again))).toMatchObject({ added: 1, destroyed: 1 });
  });

  it("keeps secrets out of its arguments, its log and its output, and gets them all the same", async () => {
    await using bench = await open();
    const secret = "correct-horse-battery";
    await mkdir(join(bench.folder, "state"));
    await bench.write({
      "main.tf": `
terraform { 
  backend "local" {} 
}
variable "password" {
  type      = string
  sensitive = true
}
resource "terraform_data" "x" {
  input = var.password
  provisioner "local-exec" { command = "while [ ! -e go ]; do sleep 0.1; done; test \\"$CLOUD_KEY\\" = ${secret}; printf %s \\"$CLOUD_KEY\\"" }
}
output "password" {
  value     = var.password
  sensitive = true
}
`,
    });
    const more = { "backend-config": { path: join(bench.folder, "state", `${secret}.tfstate`) } };
    const env = { CLOUD_KEY: secret };
    const plan = bench.planOf(await bench.plan({ ...more, env, "secret-variables": { password: secret } }));
    const applying = bench.apply(plan, { env });
    await until(() => expect(bench.said.at(-1)?.text).toMatch(/creating/u));
    const commandLines = commandLinesBelow(bench.folder);
    await writeFile(join(bench.config, "go"), "");
    const applied = output(await applying);
    expect(commandLines.some((text) => text.includes("plan.tfplan"))).toBe(true);
    expect(commandLines.join("\n")).not.toContain(`password=${secret}`);
    expect(commandLines.filter((text) => text.includes(secret) && !text.includes("CLOUD_KEY"))).toEqual([]);
    expect(applied).toMatchObject({ values: {}, secrets: { password: secret } });
    expect(JSON.stringify(plan)).not.toContain(secret);
    expect(JSON.stringify(bench.said)).not.toContain(secret);
    expect(bench.artifacts.text("log")).toContain("Provisioning with 'local-exec'");
    for (const { artifact, content } of bench.artifacts.kept) {
      if (!artifact.sealed) expect(content.toString("utf8")).not.toContain(secret);
    }
    expect(await bench.output(more)).toMatchObject({ output: { secrets: { password: secret } } });
    expect(await bench.leftovers()).toEqual([]);
  });

  it("gives ephemeral variables to the apply again, which no plan has in itself", async ({ skip }) => {
    await using bench = await open();
    await bench.write({ "main.tf": NODES });
    const { version } = bench.planOf(await bench.plan());
    const since = program === "tofu" ? "1.11" : "1.10";
    skip(!isAtLeast(version, since), `${program} ${version} has no ephemeral variables, which came with ${since}`);
    const token = 'variable "token" {\n  type      = string\n  ephemeral = true\n}\n';
    await bench.write({ "main.tf": `${token}resource "terraform_data" "x" {}\n` });
    const plan = bench.planOf(await bench.plan({ "secret-variables": { token: "correct-horse" } }));
    expect(output(await bench.apply(plan))).toMatchObject({ added: 1 });
  });

  it("works on a folder from Git, with what lies beside it, in the same folder for the plan and the apply", async () => {
    await using bench = await open();
    await bench.write({
      "clusters/prod/main.tf": `
terraform { 
  backend "local" {} 
}
module "node" { source = "../../modules/node" }
output "where" { value = abspath(path.root) }
`,
      "clusters/prod/prod.tfvars": "",
      "modules/node/main.tf": 'resource "terraform_data" "x" { input = file("${path.module}/size") }',
      "modules/node/size": "3",
    });
    const revision = "a".repeat(40);
    const directory = { repository: "https://git.test/infra", revision, path: "clusters/prod", root: "." };
    const more = {
      directory,
      "backend-config": { path: join(bench.folder, "state.tfstate") },
      "var-files": ["prod.tfvars"],
    };
    const plan = bench.planOf(await bench.plan(more));
    expect(plan).toMatchObject({ directory: "clusters/prod of https://git.test/infra at aaaaaaa", add: 1 });
    const applied = output(await bench.apply(plan));
    expect(applied).toMatchObject({ values: { where: join(plan.folder.path, "source/clusters/prod") } });
    const { "backend-config": _, ...lost } = more;
    expect(failure(await bench.plan(lost))).toMatchObject({ code: "terraform.state-lost" });
  });

  it.each([
    ["a file of variables above the directory", { "var-files": ["../outside.tfvars"] }],
    ["an absolute file of variables", { "var-files": ["/etc/passwd"] }],
    ["a file of variables behind a link", { "var-files": ["link.tfvars"] }],
    ["a directory that is not allowed", { directory: { local: "/etc" } }],
    ["a directory behind a link", { directory: { local: "LINK" } }],
    ["a way out of the repository", { directory: { repository: "r", revision: "a".repeat(40), path: "../.." } }],
    [
      "a link out of the repository",
      { directory: { repository: "r", revision: "a".repeat(40), path: "out", root: "." } },
    ],
  ])("is not let near %s", async (_, input) => {
    await using bench = await open();
    await bench.write({ "main.tf": NODES });
    await writeFile(join(bench.folder, "outside.tfvars"), "size = 9\n");
    await symlink(join(bench.folder, "outside.tfvars"), join(bench.config, "link.tfvars"));
    await symlink("/etc", join(bench.config, "out"));
    const wanted = JSON.parse(JSON.stringify(input).replace("LINK", join(bench.config, "out")));
    const { code, message } = failure(await bench.plan(wanted));
    expect(["terraform.path", "archive.unsafe", "internal"]).toContain(code);
    expect(message).toMatch(/below|directory|outside of it/u);
    expect(bench.said).toEqual([]);
  });

  it("keeps the state that its backend does not take, and says where", async () => {
    await using bench = await open();
    await using backend = await StateServer.open();
    await bench.write({ "main.tf": 'terraform { \n  backend "http" {} \n}\nresource "terraform_data" "x" {}\n' });
    const directory = { repository: "r", revision: "a".repeat(40), path: "." };
    const plan = bench.planOf(await bench.plan({ directory, "backend-config": backend.config }));
    backend.takes = false;
    const { code, details } = failure(await bench.apply(plan));
    expect(code).toBe("terraform.state-unsaved");
    expect(await readFile(z.string().parse(details?.["kept"]), "utf8")).toContain('"terraform_data"');
    expect(bench.artifacts.text("errored.tfstate")).toContain('"terraform_data"');
  });

  it("brings the state to its backend after all where it takes it a moment later", async () => {
    await using bench = await open();
    await using backend = await StateServer.open();
    await bench.write({ "main.tf": 'terraform { \n  backend "http" {} \n}\nresource "terraform_data" "x" {}\n' });
    const plan = bench.planOf(await bench.plan({ "backend-config": backend.config }));
    backend.refusesOnce = true;
    expect(failure(await bench.apply(plan)).code).toBe("terraform.partial-apply");
    expect(backend.state).toContain('"terraform_data"');
    expect(await bench.plan({ "backend-config": backend.config })).toMatchObject({ output: { changed: false } });
  });

  it("waits while its backend cannot be reached", async () => {
    await using bench = await open();
    const backend = await StateServer.open();
    await bench.write({ "main.tf": 'terraform { \n  backend "http" {} \n}\nresource "terraform_data" "x" {}\n' });
    const plan = bench.planOf(await bench.plan({ "backend-config": backend.config }));
    await backend[Symbol.asyncDispose]();
    const away = { status: "postponed", code: "terraform.unreachable" };
    expect(await bench.plan({ "backend-config": backend.config })).toMatchObject(away);
    expect(await bench.apply(plan)).toMatchObject(away);
    expect(bench.checkpoints.at(-1)).not.toMatchObject({ phase: "applying" });
  });

  it("applies no plan but the one whose digest it was given", async () => {
    await using bench = await open();
    await bench.write({ "main.tf": NODES });
    const small = bench.planOf(await bench.plan({ variables: { size: 1 } }));
    const large = bench.planOf(await bench.plan({ variables: { size: 9 } }));
    expect(failure(await bench.apply({ ...small, artifact: large.artifact })).code).toBe("terraform.plan-altered");
    expect(failure(await bench.apply({ ...large, add: 1 })).code).toBe("terraform.plan-altered");
    const { digest: _, ...parts } = large;
    const elsewhere = sealPlan({ ...parts, folder: { ...large.folder, path: "/somewhere/else" } });
    expect(failure(await bench.apply(elsewhere)).code).toBe("terraform.other-folder");
  });
});

/** The arguments of every process that works somewhere below a folder. */
function commandLinesBelow(folder: string): readonly string[] {
  return readdirSync("/proc").flatMap((pid) => {
    if (!/^\d+$/u.test(pid)) return [];
    try {
      const text = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
      return readFileSync(`/proc/${pid}/environ`, "utf8").includes(folder) ? [text] : [];
    } catch {
      return [];
    }
  });
}
