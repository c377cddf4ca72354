import { commitSources } from "../argocd/argocd-server.ts";
import type { Command } from "../commands/command.ts";
import type { Service, Target } from "../domain/target.ts";
import type { Answer } from "../engine/answer.ts";
import { notice } from "../engine/answer.ts";
import type {
  CommandForms,
  FormChoices,
  FormField,
  FormOption,
  FormOutlook,
  FormState,
} from "../engine/command-form.ts";
import type { PeopleStore } from "../engine/ports.ts";
import type { GitRepositories } from "../git/git-repositories.ts";
import type { RecentCommit } from "../git/recent-commits.ts";
import type { Clock } from "../platform/clock.ts";
import { durationText } from "../platform/duration.ts";
import { errorText } from "../platform/errors.ts";
import type { Logger } from "../platform/logger.ts";
import { fieldsIn, formFields } from "./form-fields.ts";
import { outlookOf } from "./plan-question.ts";
import { newestCopy, placeOf } from "./queries.ts";
import type { QuestionDeps } from "./question-ask.ts";

export interface FormDeps extends Omit<QuestionDeps, "git"> {
  readonly git: Pick<GitRepositories, "recentCommits" | "resolveRevision" | "commitsBetween">;
  readonly people: PeopleStore;
  readonly clock: Clock;
  readonly logger: Logger;
}

type Asked = Parameters<CommandForms["options"]>[0];

const MOST_COMMITS = 100;
const MOST_OFFERED = 50;

/** Fills forms from the inventory, from what Argo CD's stream brought, and from the copies of the repositories. */
export class InventoryForms implements CommandForms {
  readonly #deps: FormDeps;

  constructor(deps: FormDeps) {
    this.#deps = deps;
  }

  state(choices: FormChoices): FormState | undefined {
    const command = this.#command(choices);
    const fields = command === undefined ? undefined : formFields(command);
    if (command === undefined || fields === undefined) return undefined;
    const service = fields.service === undefined ? undefined : this.#service(choices);
    const environments = fields.service === undefined ? this.#environments() : this.#places(service);
    return {
      title: command.name,
      fields: fieldsIn(fields),
      service: service === undefined ? undefined : { value: service.name, label: service.name },
      environments,
      environment: environments.find(({ value }) => value === choices.environment)?.value,
    };
  }

  async options({ choices, field, typed, signal }: Asked): Promise<readonly FormOption[]> {
    try {
      if (field === "service") return this.#services(typed);
      const service = this.#service(choices);
      return service === undefined ? [] : await this.#revisions(service, typed, signal);
    } catch (error) {
      this.#deps.logger.warn("nothing could be offered in a form", { field, error: errorText(error) });
      return [];
    }
  }

  async outlook(ask: Parameters<CommandForms["outlook"]>[0]): Promise<FormOutlook> {
    const { choices, person, signal } = ask;
    const command = this.#command(choices);
    const fields = command === undefined ? undefined : formFields(command);
    if (command?.body.kind !== "plan" || fields === undefined) {
      return wrong("service", notice("command.unknown", "This command is not there any more."));
    }
    const { team, user } = person;
    const pseudonym = this.#deps.people.pseudonymOf(team, user);
    const values = { ...nothingTyped(command), ...this.values(choices) };
    const asked = { command, plan: command.body.plan, values, person: { pseudonym, team, user }, signal };
    const answer = await outlookOf(this.#deps, asked);
    if (answer.kind === "plan") return { kind: "outlook", plan: answer };
    const field = fieldOf(answer);
    return wrong(fields[field] === undefined ? (fieldsIn(fields)[0] ?? field) : field, answer);
  }

  values(choices: FormChoices): Readonly<Record<string, string>> {
    const command = this.#command(choices);
    const fields = command === undefined ? undefined : formFields(command);
    if (fields === undefined) return {};
    return Object.fromEntries(
      fieldsIn(fields).flatMap((field): [string, string][] => {
        const [input, value] = [fields[field], choices[field]];
        return input === undefined || value === undefined ? [] : [[input, value]];
      }),
    );
  }

  #command({ command: id }: FormChoices): Command | undefined {
    const command = this.#deps.commands.find((candidate) => candidate.id === id);
    return command === undefined || formFields(command) === undefined ? undefined : command;
  }

  /** The only service there is need not be chosen. */
  #service({ service: name }: FormChoices): Service | undefined {
    const { services } = this.#deps.inventory;
    const [only] = services.length === 1 ? services : [];
    return name === undefined ? only : services.find((service) => service.name === name);
  }

  #services(typed: string): readonly FormOption[] {
    const text = typed.trim().toLowerCase();
    return this.#deps.inventory.services
      .filter(({ name }) => name.toLowerCase().includes(text))
      .slice(0, MOST_OFFERED)
      .map(({ name, environments }) => ({
        value: name,
        label: name,
        description: environments.map((target) => target.name).join(", "),
      }));
  }

  #places(service: Service | undefined): readonly FormOption[] {
    return (service?.environments ?? []).map((target) => this.#placeOption(target));
  }

  #environments(): readonly FormOption[] {
    return this.#deps.inventory.environments.map(({ name, approval }) => {
      const option = { value: name, label: name };
      return approval === undefined ? option : { ...option, description: "asks for approval" };
    });
  }

  #placeOption(target: Target): FormOption {
    const { revision, health, provenAt } = placeOf(this.#deps, target);
    const since = provenAt === undefined ? "" : `, proven ${this.#ago(provenAt)}`;
    const live = revision === "" ? "nothing known to be live" : `${revision.slice(0, 7)} is live`;
    const state = health === "" ? "" : `, ${health}`;
    const ask = target.approval === undefined ? "" : ", asks for approval";
    return { value: target.name, label: target.name, description: `${live}${state}${ask}${since}` };
  }

  async #revisions(service: Service, typed: string, signal: AbortSignal): Promise<readonly FormOption[]> {
    const repository = repositoryOf(this.#deps, service);
    if (repository === undefined) return [];
    const { git, branchesOf } = this.#deps;
    const allowedBranches = branchesOf(repository);
    const commits = await git.recentCommits({ repository, allowedBranches, most: MOST_COMMITS, signal });
    const text = typed.trim().toLowerCase();
    const fitting = commits.filter((commit) => text === "" || haystack(commit).includes(text));
    const offered = fitting.slice(0, MOST_OFFERED).map((commit) => this.#commitOption(service, commit));
    if (text.length < 4 || fitting.some(({ sha }) => sha.startsWith(text))) return offered;
    const named = await git.resolveRevision({ repository, text: typed.trim(), allowedBranches, signal });
    if (named.kind !== "resolved" || fitting.some(({ sha }) => sha === named.sha)) return offered;
    return [this.#commitOption(service, { ...named, names: [] }), ...offered];
  }

  #commitOption(service: Service, { sha, short, subject, author, authoredAt, names }: RecentCommit): FormOption {
    const live = service.environments
      .filter((target) => placeOf(this.#deps, target).revision === sha)
      .map(({ name }) => name);
    const where = live.length === 0 ? [] : [`live in ${live.join(", ")}`];
    const description = [...where, author.name, this.#ago(authoredAt), ...names.slice(0, 3)].join(", ");
    return { value: sha, label: `${short} ${subject}`, description };
  }

  #ago(atMs: number): string {
    return `${durationText(this.#deps.clock.now() - atMs)} ago`;
  }
}

/** What nobody types in a form: everything but what it asks for is as it is by default. */
function nothingTyped(command: Command): Readonly<Record<string, string | number | boolean | null>> {
  return Object.fromEntries(
    command.inputs.map(({ name, definition }) => [name, "default" in definition ? (definition.default ?? null) : null]),
  );
}

function haystack({ sha, subject, author, names }: RecentCommit): string {
  return [sha, subject, author.name, author.email, ...names].join("\n").toLowerCase();
}

/** The field with which something is wrong, by the code of the refusal. */
function fieldOf(answer: Answer): FormField {
  if (answer.kind === "candidates") return "revision";
  const code = answer.kind === "notice" ? answer.code : "";
  if (code.startsWith("revision.") || code.startsWith("git.")) return "revision";
  return code === "input.service" ? "service" : "environment";
}

function wrong(field: FormField, answer: Answer): FormOutlook {
  return { kind: "wrong", field, answer };
}

/** The repository that the applications of the service read, as far as Argo CD's stream has brought one of them. */
function repositoryOf(deps: Pick<FormDeps, "servers">, service: Service): string | undefined {
  for (const target of service.environments) {
    const application = newestCopy(deps, target.app);
    if (application !== undefined) return commitSources(application).repository || undefined;
  }
  return undefined;
}
