import type { App } from "./application-state.ts";
import type { ApplicationStore } from "./application-store.ts";
import { type HttpAnswer, refusal } from "./http-answer.ts";

/** How a request names an application. */
export interface Named {
  readonly namespace: string;
  readonly name: string;
  /** Absent where the request does not say it; then what is missing looks like what is forbidden. */
  readonly project: string | undefined;
}

export type Found =
  | { readonly kind: "found"; readonly app: App }
  | { readonly kind: "refused"; readonly answer: HttpAnswer };

/** The application that a request names, or what Argo CD answers where there is none that the account may see. */
export function findApp({ apps, rights }: ApplicationStore, { namespace, name, project }: Named): Found {
  const app = apps.get(`${namespace}/${name}`);
  const denied = { kind: "refused", answer: refusal(7, "permission denied") } as const;
  if (!rights.get) return denied;
  if (project === undefined) return app === undefined ? denied : { kind: "found", app };
  if (app?.project === project) return { kind: "found", app };
  return { kind: "refused", answer: refusal(5, `applications.argoproj.io "${name}" not found`) };
}
