import { mkdir, rm, writeFile } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";

/** What happens to the next push alone. */
export type GitPushFault =
  /** Somebody else is quicker: before the newest commit is said (`asked`), or after that and before the push arrives (`sent`). */
  | { readonly kind: "overtaken"; readonly at: "asked" | "sent"; readonly by: () => Promise<unknown> }
  /** It is taken, and whoever pushed never hears of it. */
  | { readonly kind: "answer-lost" };

type PushVerdict = "push" | "lose-answer";

/** Who may push to a Git host, where, and what goes wrong with it. */
export class GitPushRules {
  readonly #tokens: ReadonlySet<string>;
  readonly #faults: GitPushFault[] = [];
  #pushes = 0;

  constructor(tokens: readonly string[]) {
    this.#tokens = new Set(tokens);
  }

  /** How many pushes have come in, whatever became of them. */
  get pushes(): number {
    return this.#pushes;
  }

  addFault(fault: GitPushFault): void {
    this.#faults.push(fault);
  }

  mayPush(token: string | undefined): boolean {
    return token !== undefined && this.#tokens.has(token);
  }

  /** From now on nobody adds commits to these branches of the repository in `folder` by a push; none lifts it. */
  async protect(folder: string, branches: readonly string[]): Promise<void> {
    const hook = join(folder, "hooks", "pre-receive");
    const odd = branches.find((branch) => !/^[\w./-]+$/u.test(branch));
    if (odd !== undefined) throw new TypeError(`no branch is called ${odd}`);
    if (branches.length === 0) return rm(hook, { force: true });
    const refs = branches.map((branch) => `refs/heads/${branch}`).join("|");
    const refuse = 'echo "error: GH006: Protected branch update failed for $ref." >&2; exit 1';
    await mkdir(join(folder, "hooks"), { recursive: true });
    await writeFile(
      hook,
      `#!/bin/sh\nwhile read -r old new ref; do case "$ref" in ${refs}) ${refuse};; esac; done\nexit 0\n`,
      { mode: 0o755 },
    );
  }

  /** Called with each request of a push; what goes wrong has happened when it resolves. */
  async arrive(service: string): Promise<PushVerdict> {
    const stage = service === "/git-receive-pack" ? "sent" : "asked";
    if (stage === "sent") this.#pushes += 1;
    const index = this.#faults.findIndex((fault) => (fault.kind === "overtaken" ? fault.at : "sent") === stage);
    const [fault] = index < 0 ? [] : this.#faults.splice(index, 1);
    if (fault?.kind === "overtaken") await fault.by();
    return fault?.kind === "answer-lost" ? "lose-answer" : "push";
  }
}

/** The bearer token of a request, or the password of its basic authentication. */
export function tokenOf(request: IncomingMessage): string | undefined {
  const [scheme = "", value = ""] = (request.headers.authorization ?? "").split(" ");
  if (scheme.toLowerCase() === "bearer") return value;
  if (scheme.toLowerCase() !== "basic") return undefined;
  const text = Buffer.from(value, "base64").toString("utf8");
  return text.slice(text.indexOf(":") + 1);
}
