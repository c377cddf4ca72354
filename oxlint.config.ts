import { defineConfig, type OxlintOverride } from "oxlint";

/** Which folders of `src` each folder may import from. The lower layers come first; `src/README.md` explains the table. */
const LAYERS: Record<string, readonly string[]> = {
  platform: [],
  config: ["platform"],
  expressions: ["platform"],
  domain: ["platform", "expressions"],
  audit: ["platform"],
  commands: ["platform", "expressions", "domain"],
  programs: ["platform"],
  engine: ["platform", "domain", "programs"],
  artifacts: ["platform", "domain", "engine", "http"],
  store: ["platform", "domain", "audit", "engine"],
  dispatch: ["platform", "domain", "engine"],
  argocd: ["platform"],
  git: ["platform"],
  inventory: ["platform", "config", "domain"],
  http: ["platform"],
  observe: ["platform", "domain", "engine", "argocd", "inventory"],
  steps: ["platform", "domain", "expressions", "engine", "argocd", "git", "programs"],
  slack: ["platform", "domain", "engine", "http", "observe"],
  web: ["platform", "domain", "engine", "http"],
  intake: ["platform", "config", "domain", "commands", "engine", "argocd", "git", "inventory", "steps"],
  triggers: ["platform", "config", "domain", "expressions", "commands", "engine", "http"],
  api: ["platform", "config", "domain", "commands", "engine", "http"],
  doctor: ["platform", "config", "domain", "audit", "commands", "store", "argocd", "git", "inventory", "slack"],
  simulator: ["platform"],
  demo: ["platform", "domain", "audit", "store", "simulator"],
};

/** The folders that may import a package; a package that is not listed is free everywhere. */
const OWNERS: Record<string, readonly string[]> = {
  "@slack": ["slack"],
  "@marcbachmann": ["expressions"],
  "@platformatic": ["triggers"],
  "better-sqlite3": ["store"],
  bullmq: ["dispatch"],
  "drizzle-orm": ["store"],
  execa: ["git", "programs", "simulator"],
  ioredis: ["dispatch"],
  "node-cron": ["triggers"],
  "prom-client": ["web"],
  undici: ["argocd", "artifacts", "audit", "git", "slack", "steps"],
  ws: ["simulator", "steps"],
  yaml: ["commands", "config"],
};

const IMPURE_GLOBALS = ["Date", "setTimeout", "setInterval", "setImmediate", "fetch"];
const IMPURE_PROPERTIES = [
  { object: "Math", property: "random" },
  { object: "process", property: "env" },
  { object: "process", property: "exit" },
];

const layerRules = Object.entries(LAYERS).map(([folder, below]): OxlintOverride => {
  const closed = Object.keys(LAYERS).filter((other) => other !== folder && !below.includes(other));
  const foreign = Object.keys(OWNERS).filter((name) => !OWNERS[name]?.includes(folder));
  return {
    files: [`src/${folder}/**/*.ts`],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            {
              regex: `^(\\.\\./)+(${closed.join("|")}|app|cli|main)(/|\\.ts$)`,
              message: `src/${folder} may import only: ${below.join(", ") || "nothing"}`,
            },
            { regex: `^(${foreign.join("|")})(/|$)`, message: "this package belongs to another folder, see OWNERS" },
          ],
        },
      ],
      // Time and randomness come in through src/platform, so that tests and simulation can own them.
      "no-restricted-globals": ["error", ...(folder === "platform" ? [] : IMPURE_GLOBALS)],
      "no-restricted-properties": ["error", ...(folder === "platform" || folder === "config" ? [] : IMPURE_PROPERTIES)],
    },
  };
});

export default defineConfig({
  plugins: ["eslint", "typescript", "unicorn", "oxc", "import", "node", "promise", "vitest"],
  categories: { correctness: "error", suspicious: "error", perf: "error" },
  options: { typeAware: true, denyWarnings: true, reportUnusedDisableDirectives: "error" },
  ignorePatterns: ["node_modules", "data", "coverage", "test-results"],
  rules: {
    // A switch over a closed union is one decision, however many members the union has.
    complexity: ["error", { max: 12, variant: "modified" }],
    "max-lines": ["error", { max: 250, skipBlankLines: true, skipComments: true }],
    "max-lines-per-function": ["error", { max: 60, skipBlankLines: true, skipComments: true }],
    "import/no-cycle": "error",
    "import/no-default-export": "error",
    "no-await-in-loop": "off",
    // noImplicitReturns does this with the types at hand: a switch over a whole union needs no return after it.
    "typescript/consistent-return": "off",
    "oxc/no-barrel-file": ["error", { threshold: 0 }],
    "preserve-caught-error": "error",
    "unicorn/filename-case": ["error", { case: "kebabCase" }],
    "typescript/consistent-type-imports": "error",
    "typescript/no-explicit-any": "error",
    "typescript/no-floating-promises": "error",
    "typescript/no-misused-promises": "error",
    "typescript/no-non-null-assertion": "error",
    "typescript/only-throw-error": "error",
    "typescript/switch-exhaustiveness-check": "error",
  },
  overrides: [
    ...layerRules,
    // Tools load these by their default export.
    { files: ["**/*.config.ts", "test/support/*-reporter.ts"], rules: { "import/no-default-export": "off" } },
    {
      files: ["test/**/*.ts"],
      rules: {
        "max-lines": "off",
        "max-lines-per-function": "off",
        // Properties assert inside generated cases, and helpers assert for the tests that call them.
        "vitest/no-conditional-expect": "off",
        "vitest/no-standalone-expect": "off",
        "vitest/expect-expect": "off",
        "import/no-named-as-default-member": "off",
        "unicorn/consistent-function-scoping": "off",
        "oxc/no-map-spread": "off",
        "no-restricted-properties": ["error", { object: "vi", property: "mock" }],
      },
    },
  ],
});
