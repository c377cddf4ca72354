import { AppError, errorCode } from "../../../src/platform/errors.ts";
import { parseEventLine, type PlayEvent } from "../../../src/steps/ansible/event-line.ts";
import { judgePlay } from "../../../src/steps/ansible/judge-play.ts";
import { eventText } from "../../../src/steps/ansible/play-text.ts";
import { PlayWatch } from "../../../src/steps/ansible/play-watch.ts";
import { recordedEvents } from "../../support/fake-ansible.ts";
import { type FuzzTarget, must } from "../fuzz-target.ts";

/** What the events plug-in of Ansible writes, and what is made of it. */
export const target: FuzzTarget = {
  seeds: ["ok", "check", "failed-and-unreachable", "nobody"].map((name) => recordedEvents(name).join("\n")),
  words: [
    '"type": "host"',
    '"type": "end", "hosts": 1',
    '"type": "notified"',
    '"type": "cut-short"',
    '"status": "unreachable"',
    '"failed": 1',
    '"unreachable": 0',
    '"isAgain": true',
    '"n": 2',
    "__proto__",
    "1e400",
    "-1",
    "\n",
  ],
  longest: 60_000,
  run(input) {
    return [0, 2, 4, 8, 99].map((exitCode) => played(input, exitCode));
  },
};

function played(input: string, exitCode: number): unknown {
  const { watch, taken, damage } = watched(input);
  const { done = 0, total = 0 } = watch.progress();
  must(done >= 0 && total >= 0, "progress is counted");
  const end = { exitCode, endedBy: undefined };
  const more = { playbook: "site.yml", isCheck: false, handlers: "run" } as const;
  const judged = judgePlay({ end, watch, damage, lastWords: input.slice(-400), ...more });
  if (judged.kind === "failed") must(judged.failure.message !== "", "a failure says why");
  else mustBeWell(watch, { isRead: damage === undefined && taken.at(-1)?.type === "end", exitCode });
  const left = watch.left(undefined);
  for (const name of left ?? []) must(/^[\w.-]+$/u.test(name), "hosts that are left are no patterns");
  return [judged, taken.map((event) => eventText(event)), left, watch.stats, watch.hostStats];
}

function mustBeWell(watch: PlayWatch, { isRead, exitCode }: { readonly isRead: boolean; readonly exitCode: number }) {
  must(exitCode === 0 && isRead, "only a play that ended well and was read whole is a success");
  must(watch.hosts.size > 0 && watch.owed.length === 0, "a success has hosts, and owes nothing");
  const isBad = [...watch.hosts.values()].some(({ failed, unreachable }) => failed + unreachable > 0);
  must(!isBad, "no host failed in a success");
}

function watched(input: string): {
  readonly watch: PlayWatch;
  readonly taken: readonly PlayEvent[];
  readonly damage: string | undefined;
} {
  const watch = new PlayWatch([]);
  const taken: PlayEvent[] = [];
  let damage: string | undefined;
  for (const line of input.split("\n")) {
    try {
      const parsed = parseEventLine(line);
      if (parsed.kind === "text") continue;
      watch.see(parsed.event);
      taken.push(parsed.event);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      damage ??= errorCode(error);
    }
  }
  return { watch, taken, damage };
}
