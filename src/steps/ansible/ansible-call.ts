import type { ActionContext } from "../../engine/step-kind.ts";
import { errorMessage } from "../../platform/errors.ts";
import type { ProgramEnd } from "../../programs/program-order.ts";
import { runInstalled } from "../tools/run-installed.ts";
import type { RunLog } from "../tools/run-log.ts";
import type { AnsibleDeps } from "./ansible-deps.ts";
import { GET, STOP } from "./ansible-notes.ts";
import { parseEventLine, type PlayEvent } from "./event-line.ts";
import { NewestNote } from "./newest-note.ts";
import type { PlayRecord, Rest } from "./play-record.ts";
import { eventText } from "./play-text.ts";
import { PlayWatch } from "./play-watch.ts";
import type { ReadyPlay } from "./workplace.ts";

interface Call {
  readonly ready: ReadyPlay;
  readonly rest: Rest;
  readonly log: RunLog;
  readonly context: Pick<ActionContext, "signal" | "progress">;
  readonly save: (record: Omit<PlayRecord, "attempt" | "play">) => Promise<void>;
}

/** What a play did. */
export interface Played {
  readonly end: Pick<ProgramEnd, "exitCode" | "endedBy">;
  readonly watch: PlayWatch;
  readonly damage: string | undefined;
  readonly lastWords: string;
  /** What would be changed in files, in pieces. */
  readonly diff: readonly string[];
}

const PROGRAM = "ansible-playbook";
const TELL_EVERY_MS = 250;
const MOST_WORDS = 20;

/** Runs the play to its end. Throws `program.missing`, and the signal's reason when it was stopped. */
export async function callAnsible(deps: AnsibleDeps, call: Call): Promise<Played> {
  const { ready, rest, log, context, save } = call;
  const watch = new PlayWatch(rest.owed);
  const notes = new NewestNote(() => save({ rest: { ...rest, owed: [...watch.owed] } }));
  const words: string[] = [];
  const diff: string[] = [];
  let damage: string | undefined;
  let toldAt = Number.NEGATIVE_INFINITY;
  const tell = (isNews: boolean): void => {
    const now = deps.clock.monotonic();
    if (!isNews && now - toldAt < TELL_EVERY_MS) return;
    toldAt = now;
    const told = watch.progress();
    context.progress({ ...told, text: log.masked(told.text) });
  };
  const take = (event: PlayEvent): void => {
    for (const line of eventText(event)) log.add(line);
    const owed = watch.owed.length;
    watch.see(event);
    if (event.type === "diff") addDiff(diff, event);
    if (watch.owed.length !== owed) notes.put(null);
    if (event.type === "task" || event.type === "result") tell(event.type === "task");
  };
  const onLine = (line: string, from: "stdout" | "stderr"): void => {
    try {
      const parsed = from === "stdout" ? parseEventLine(line) : { kind: "text" as const, text: line };
      if (parsed.kind === "event") return take(parsed.event);
      log.add(parsed.text);
      if (parsed.text.trim() === "") return;
      words.push(parsed.text);
      if (words.length > MOST_WORDS) words.shift();
    } catch (error) {
      damage ??= errorMessage(error);
    }
  };
  context.progress({ text: "Starting Ansible" });
  try {
    const { cwd: folder, args, env } = ready;
    const order = { program: PROGRAM, args, folder, env, signal: context.signal, stop: STOP, onLine, keepBytes: 0 };
    const end = await runInstalled(deps.programs, order, `Install ansible-core 2.14 or newer: ${GET}`);
    return { end, watch, damage, lastWords: log.masked(complaint(words)), diff };
  } finally {
    await notes.settle();
  }
}

/** From where it says ERROR on; warnings come before it. */
function complaint(words: readonly string[]): string {
  const at = words.findIndex((line) => /^(?:ERROR!|\[ERROR\]:)/u.test(line));
  return words.slice(Math.max(0, at)).join(" ").slice(0, 2000);
}

function addDiff(diff: string[], { host, task, text }: Extract<PlayEvent, { type: "diff" }>): void {
  const head = `# ${host}: ${task}\n`;
  if (diff.findLast((piece) => piece.startsWith("# ")) !== head) diff.push(head);
  diff.push(text);
}
