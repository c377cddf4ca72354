// What comes from the simulator is put in as text, never as markup: commit subjects and messages are not to be trusted.
const SCRIPT = String.raw`
const path = location.pathname.split("/").filter(Boolean).map(decodeURIComponent);
const wanted = path[0] === "applications" && path.length === 3 ? path[1] + "/" + path[2] : undefined;
const element = (name, text, kind) => {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (kind) made.className = kind;
  return made;
};
const row = (cells) => {
  const made = element("tr");
  for (const cell of cells) made.append(cell instanceof Node ? cell : element("td", cell));
  return made;
};
const table = (heads, rows) => {
  const made = element("table");
  const top = element("tr");
  for (const head of heads) top.append(element("th", head));
  made.append(top, ...rows);
  return made;
};
const link = (application) => {
  const cell = element("td");
  const anchor = element("a", application.name);
  anchor.href = "/applications/" + encodeURIComponent(application.namespace) + "/" + encodeURIComponent(application.name);
  cell.append(anchor);
  return cell;
};
const operation = (application) => application.operation === null ? "" : application.operation.phase + ": " + application.operation.message;
const overview = (state) => [
  element("h1", "Applications"),
  table(["Name", "Sync", "Health", "Live", "Branch", "Operation"], state.applications.map((application) => row([
    link(application),
    element("td", application.sync, application.sync),
    element("td", application.health, application.health),
    application.liveRevision.slice(0, 7),
    application.targetRevision.slice(0, 7),
    operation(application),
  ]))),
];
const details = (application) => [
  element("h1", application.name),
  element("p", application.sync + ", " + application.health, application.health),
  element("p", "Live " + application.liveRevision),
  element("p", "Branch at " + application.targetRevision),
  element("p", operation(application)),
  table(["Kind", "Name", "Sync", "Health", ""], application.resources.map((resource) => row([
    resource.kind, resource.name, resource.sync, element("td", resource.health, resource.health), resource.message,
  ]))),
  table(["Pod", "State", "Image"], application.pods.map((pod) => row([
    pod.name, element("td", pod.reason, pod.ready ? "Healthy" : "Progressing"), pod.image,
  ]))),
];
new EventSource("/_control/events").onmessage = (event) => {
  const state = JSON.parse(event.data);
  const found = state.applications.find((application) => application.namespace + "/" + application.name === wanted);
  const missing = wanted !== undefined && found === undefined ? [element("p", "There is no application " + wanted + ".")] : [];
  document.querySelector("main").replaceChildren(...missing, ...(found === undefined ? overview(state) : details(found)));
};
`;

const STYLE = `
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem; color: #1d2733; background: #f7f8fa; }
h1 { font-size: 1.3rem; }
table { border-collapse: collapse; margin: 1rem 0; background: #fff; }
th, td { text-align: left; padding: .35rem .8rem; border: 1px solid #d9dee5; overflow-wrap: anywhere; }
.Healthy, .Synced { color: #17795e; }
.Degraded, .Unknown { color: #b3261e; font-weight: 600; }
.Progressing, .OutOfSync, .Missing { color: #8a5a00; }
`;

/** The one page of the simulated Argo CD: all Applications, or the one that a deep link names, changing as they change. */
export const ARGOCD_PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Simulated Argo CD</title>
<style>${STYLE}</style>
<nav><a href="/applications">Simulated Argo CD</a></nav>
<main></main>
<script>${SCRIPT}</script>
</html>
`;

/** Nothing from anywhere else may run in the page or be fetched by it. */
export const ARGOCD_PAGE_POLICY =
  "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; frame-ancestors 'none'";

/** Whether a path is one that Argo CD's own pages have: all Applications, or one by its namespace and name. */
export function isPagePath(path: string): boolean {
  return /^\/applications(?:\/[^/]+(?:\/[^/]+)?)?\/?$/u.test(path);
}
