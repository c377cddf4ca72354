import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { z } from "zod";

import { isJsonMap, type JsonMap } from "../../../platform/canonical-json.ts";
import { say, type StandIn, type StandInCall } from "../stand-in.ts";
import { doTask, type TaskResult } from "./modules.ts";
import { MARK, NAME, PlayEvents } from "./play-events.ts";
import { type Host, type PlaybookPlay, readInventory, readLiteral, readPlaybook, type Task } from "./playbook-file.ts";

const OwedFile = z.array(z.strictObject({ play: z.string(), host: z.string(), handler: z.string() }));
type Owed = z.infer<typeof OwedFile>;

const FAILED = 2;
const AT_FAULT = 4;

/** Plays playbooks in JSON on hosts that are folders of this machine, with a few modules. */
export const ansiblePlaybook: StandIn = {
  name: NAME,
  async run(call) {
    if (call.args.includes("--version")) {
      call.out(`ansible-playbook [core 2.14.18] ${MARK}\n`);
      return 0;
    }
    try {
      return await play(call);
    } catch (error) {
      say(NAME, call.err, `ERROR! ${error instanceof Error ? error.message : String(error)}`);
      return AT_FAULT;
    }
  },
};

async function play(call: StandInCall): Promise<number> {
  const plays = await readPlaybook(call.args.at(-1) ?? "");
  const inventory = await readInventory(valueOf(call, "--inventory") ?? "");
  const extra = await extraVariables(call);
  const limit = await limitOf(call);
  const hosts = inventory.filter(
    ({ name, groups }) => limit === undefined || [name, ...groups].some((one) => limit.has(one)),
  );
  if (hosts.length === 0) {
    say(NAME, call.err, "ERROR! Specified inventory, host pattern and/or --limit leaves us with no hosts to target.");
    return 1;
  }
  const owed = OwedFile.parse(
    JSON.parse(await readFile(join(call.env["ANSIBLE_CALLBACK_PLUGINS"] ?? "", "owed.json"), "utf8")),
  );
  const events = new PlayEvents(call);
  events.write("playbook", { plays: plays.length });
  for (const [index, one] of plays.entries()) {
    if (index === 0) events.write("inventory", { hosts: namesOf(inventory) });
    await playOne({ call, events, play: one, hosts: hosts.filter((host) => isOf(one, host)), extra, owed });
  }
  return events.end() ? FAILED : 0;
}

function isOf({ hosts }: PlaybookPlay, { name, groups }: Host): boolean {
  return hosts === "all" || hosts === name || groups.includes(hosts);
}

function namesOf(hosts: readonly Host[]): string[] {
  return hosts.map(({ name }) => name);
}

interface OnePlay {
  readonly call: StandInCall;
  readonly events: PlayEvents;
  readonly play: PlaybookPlay;
  readonly hosts: readonly Host[];
  readonly extra: JsonMap;
  readonly owed: Owed;
}

async function playOne(one: OnePlay): Promise<void> {
  const { events, play: own, hosts, owed } = one;
  const name = marked(own.name);
  events.write("play", { name });
  events.write("play-hosts", { hosts: namesOf(hosts) });
  events.write("batch", { hosts: namesOf(hosts) });
  const notified = new Map<string, Set<string>>();
  for (const { play: of, host, handler } of owed) {
    const isHere = of === name && hosts.some((each) => each.name === host);
    if (!isHere || !own.handlers.some((each) => each.name === handler)) continue;
    notify(notified, handler, host);
    events.write("notified", { host, handler, isAgain: true });
  }
  const failed = new Set<string>();
  for (const task of own.tasks) {
    const left = hosts.filter((host) => !failed.has(host.name));
    await runTask(one, { task, hosts: left, failed, notified });
  }
  // Handlers run also on hosts where a task has failed, as the step asks for.
  for (const task of own.handlers) {
    const wanted = notified.get(task.name);
    if (wanted === undefined) continue;
    const due = hosts.filter((host) => wanted.has(host.name));
    await runTask(one, { task, hosts: due, failed, notified, isHandler: true });
  }
}

interface OneTask {
  readonly task: Task;
  readonly hosts: readonly Host[];
  readonly failed: Set<string>;
  readonly notified: Map<string, Set<string>>;
  readonly isHandler?: boolean;
}

async function runTask(one: OnePlay, { task, hosts, failed, notified, isHandler = false }: OneTask): Promise<void> {
  const { call, events, play: own, extra } = one;
  if (hosts.length === 0) return;
  call.signal.throwIfAborted();
  const name = marked(task.name);
  events.write("task", { name, isHandler });
  const isCheck = call.args.includes("--check");
  await Promise.all(
    hosts.map(async ({ name: host, variables }) => {
      const result = await doTask(task, { variables: { ...variables, ...extra }, isCheck });
      if (result.status === "failed") failed.add(host);
      tell(events, { host, name, result, ...(isHandler && { handler: task.name }) });
      if (!result.isChanged) return;
      for (const handler of task.notify.filter((each) => own.handlers.some((known) => known.name === each))) {
        notify(notified, handler, host);
        events.write("notified", { host, handler, isAgain: false });
      }
    }),
  );
}

function tell(
  events: PlayEvents,
  told: { readonly host: string; readonly name: string; readonly result: TaskResult; readonly handler?: string },
): void {
  const { host, name, result, handler } = told;
  const { status, isChanged, message, diff, stats = {} } = result;
  if (diff !== undefined) events.write("diff", { host, task: name, text: diff });
  const isFailed = status === "failed";
  events.write("result", {
    status,
    host,
    task: name,
    isChanged,
    ...(handler !== undefined && { handler }),
    ...(isFailed && { isIgnored: false, message: `${MARK} ${message ?? ""}` }),
  });
  events.count(host, status, ...(isChanged ? (["changed"] as const) : []));
  for (const [stat, value] of Object.entries(stats)) events.write("stat", { name: stat, value });
}

function notify(notified: Map<string, Set<string>>, handler: string, host: string): void {
  notified.set(handler, (notified.get(handler) ?? new Set()).add(host));
}

function marked(name: string): string {
  return `${name} ${MARK}`;
}

function valueOf({ args }: StandInCall, name: string): string | undefined {
  const at = args.indexOf(name);
  return at === -1 ? undefined : args[at + 1];
}

async function extraVariables(call: StandInCall): Promise<JsonMap> {
  const value = await readLiteral((valueOf(call, "--extra-vars") ?? "").replace(/^@/u, ""));
  return isJsonMap(value) ? value : {};
}

/** Names of hosts and groups, in a file or with commas between them; undefined without a limit. */
async function limitOf(call: StandInCall): Promise<ReadonlySet<string> | undefined> {
  const limit = valueOf(call, "--limit");
  if (limit === undefined) return undefined;
  const text = limit.startsWith("@") ? await readFile(limit.slice(1), "utf8") : limit;
  return new Set(text.split(/[\n,]/u).filter((name) => name !== ""));
}
