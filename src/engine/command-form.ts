import type { Answer } from "./answer.ts";
import type { PlanAnswer } from "./question-answers.ts";

/** What has been chosen in the form of a command so far. */
export interface FormChoices {
  /** The command's id. */
  readonly command: string;
  readonly service?: string | undefined;
  /** A full commit, or what was typed. */
  readonly revision?: string | undefined;
  readonly environment?: string | undefined;
}

export type FormField = "service" | "revision" | "environment";

/** Something that can be chosen. Texts are plain and raw. */
export interface FormOption {
  readonly value: string;
  readonly label: string;
  readonly description?: string;
}

/** What the form of a command offers now, from what is at hand. */
export interface FormState {
  readonly title: string;
  /** What it asks for, in order; a revision and the environments of a service only once that is chosen. */
  readonly fields: readonly FormField[];
  readonly service: FormOption | undefined;
  /** The environments of the service, in order; empty while none is chosen. All that there are where no service is asked for. */
  readonly environments: readonly FormOption[];
  readonly environment: string | undefined;
}

/** What would happen with what was chosen: how, or what is wrong with which field. */
export type FormOutlook =
  | { readonly kind: "outlook"; readonly plan: PlanAnswer }
  | { readonly kind: "wrong"; readonly field: FormField; readonly answer: Answer };

/** Whoever fills in a form. */
export interface FormPerson {
  readonly team: string;
  readonly user: string;
}

/** What a form is filled from. Nothing of it changes anything; what is asked for in the end is a command. */
export interface CommandForms {
  /** Undefined for a command that has no form, or that is not there any more. */
  state(choices: FormChoices): FormState | undefined;
  /** What can be chosen for a field; `typed` narrows it. Never rejects. */
  options(ask: {
    readonly choices: FormChoices;
    readonly field: "service" | "revision";
    readonly typed: string;
    readonly signal: AbortSignal;
  }): Promise<readonly FormOption[]>;
  /** Needs a choice for each of its fields. */
  outlook(ask: {
    readonly choices: FormChoices;
    readonly person: FormPerson;
    readonly signal: AbortSignal;
  }): Promise<FormOutlook>;
  /** The inputs of the command, as a button or a form names them. */
  values(choices: FormChoices): Readonly<Record<string, string>>;
}
