import type { Coverage } from "./argocd-coverage.ts";

const TEST = "test/integration/forge.test.ts";

/** How much of the APIs of GitHub and GitLab the simulated forge serves; a test compares this with what it really serves. */
export const FORGE_COVERAGE: Readonly<Record<string, Coverage>> = {
  "GET /api/v3/repos/{owner}/{repo}": { state: "partial", missing: "all but names, address and branch", test: TEST },
  "GET /api/v3/repos/{owner}/{repo}/commits/{sha}/check-runs": {
    state: "partial",
    missing: "the filters of the query: always the newest runs; reports",
    test: TEST,
  },
  "GET /api/v3/repos/{owner}/{repo}/commits/{sha}/check-suites": {
    state: "partial",
    missing: "suites of Apps that write no checks",
    test: TEST,
  },
  "GET /api/v3/repos/{owner}/{repo}/commits/{sha}/status": { state: "partial", missing: "descriptions", test: TEST },
  "GET /api/v3/repos/{owner}/{repo}/actions/runs": {
    state: "partial",
    missing: "more than one workflow; attempts",
    test: TEST,
  },
  "GET /api/v3/repos/{owner}/{repo}/pulls": { state: "partial", missing: "forks, sorting", test: TEST },
  "POST /api/v3/repos/{owner}/{repo}/pulls": { state: "partial", missing: "forks, issues", test: TEST },
  "GET /api/v3/repos/{owner}/{repo}/pulls/{number}": { state: "partial", missing: "numbers of changes", test: TEST },
  "GET /api/v3/repos/{owner}/{repo}/pulls/{number}/reviews": {
    state: "partial",
    missing: "texts, dismissed reviews",
    test: TEST,
  },
  "PUT /api/v3/repos/{owner}/{repo}/pulls/{number}/merge": {
    state: "partial",
    missing: "rebasing, which is refused; the queue",
    test: TEST,
  },
  "GET /api/v4/projects/{id}": { state: "partial", missing: "all but names, address and branch", test: TEST },
  "GET /api/v4/projects/{id}/pipelines": { state: "partial", missing: "more than one for a commit", test: TEST },
  "GET /api/v4/projects/{id}/pipelines/{pipeline}/jobs": { state: "partial", missing: "stages, runners", test: TEST },
  "GET /api/v4/projects/{id}/pipelines/{pipeline}/bridges": {
    state: "partial",
    missing: "child pipelines: there are none",
    test: TEST,
  },
  "GET /api/v4/projects/{id}/merge_requests": { state: "partial", missing: "sorting, labels", test: TEST },
  "POST /api/v4/projects/{id}/merge_requests": { state: "partial", missing: "forks, assignees", test: TEST },
  "GET /api/v4/projects/{id}/merge_requests/{number}": { state: "partial", missing: "discussions", test: TEST },
  "GET /api/v4/projects/{id}/merge_requests/{number}/approvals": {
    state: "partial",
    missing: "approval rules",
    test: TEST,
  },
  "PUT /api/v4/projects/{id}/merge_requests/{number}/merge": {
    state: "partial",
    missing: "merging when the pipeline succeeds; projects without merge commits",
    test: TEST,
  },
};
