import type { ForgeProject, ForgeState } from "./forge-state.ts";

export interface ForgePage {
  readonly status: number;
  readonly html: string;
  /** Where the browser goes instead. */
  readonly location?: string;
}

export const FORGE_PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'";

/**
 * What a browser is shown where a link of the simulator leads: the checks of a commit, each of which can be run again, and is green
 * then. Undefined for an address that is no page.
 */
export function forgePage(state: ForgeState, method: string, path: string): ForgePage | undefined {
  const [, owner = "", name = "", sort = "", id = ""] = path.split("/");
  const project = state.projects.get(`${owner}/${name}`);
  if (project === undefined) return undefined;
  if (sort === "commit" && method === "GET") return { status: 200, html: commitPage(project, id) };
  const run = sort === "runs" && /^\d{1,9}$/u.test(id) ? project.ci.find(Number(id)) : undefined;
  if (run === undefined) return undefined;
  if (method === "POST") project.ci.start(run.sha, { ...run.job, conclusion: "success" });
  return { status: 303, html: "", location: `/${project.path}/commit/${run.sha}` };
}

function commitPage({ ci, path }: ForgeProject, sha: string): string {
  const runs = ci
    .runs(sha)
    .map(
      ({ id, name, status, conclusion }) =>
        `<li><b>${escaped(name)}</b>: ${escaped(conclusion ?? status)} <form method="post" action="/${path}/runs/${id}"><button>Run again, and be green</button></form></li>`,
    );
  const title = `${escaped(path)} at ${escaped(sha.slice(0, 12))}`;
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title>
<style>body{font:16px system-ui;margin:3em auto;max-width:40em}form{display:inline}</style>
<h1>${title}</h1><p>The simulated host of repositories.</p><ul>${runs.join("")}</ul></html>
`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
