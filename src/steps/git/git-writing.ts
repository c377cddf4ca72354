import type { CommitAuthor } from "../../git/branch-copy.ts";
import type { BranchWriter } from "../../git/branch-writer.ts";
import type { Json } from "../../platform/canonical-json.ts";

/** Somebody, as commits name people. */
export interface CommitPerson {
  readonly name: string;
  readonly email: string;
}

export interface WantedValue {
  readonly path: string;
  readonly value: Json;
  readonly create: boolean;
  readonly document?: { readonly kind?: string | undefined; readonly name?: string | undefined } | undefined;
}

export interface WantedImage {
  readonly name: string;
  readonly value: { readonly digest: string } | { readonly tag: string };
  readonly create: boolean;
}

/** Write access to Git, which only the server has. */
export interface GitWriting {
  readonly write: BranchWriter["write"];
  /** Whether the configuration lets steps write to a repository, as it counts now. */
  readonly mayWrite: (repository: string) => boolean;
  readonly author: () => CommitAuthor;
  /** Whoever asked for a run, by Slack user id; undefined for somebody who is not known any more. */
  readonly coAuthor: (user: string) => Promise<CommitPerson | undefined>;
  /** Sets a value in a text of YAML or JSON. Throws errors whose code begins with `yaml.`, as the next one does. */
  readonly setValue: (text: string, wanted: WantedValue) => string;
  /** Sets an image in a kustomization. */
  readonly setImage: (text: string, wanted: WantedImage) => string;
}
