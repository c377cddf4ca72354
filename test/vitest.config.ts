import { defineConfig } from "vitest/config";

const project = (name: string, folders: readonly string[], testTimeout: number) => ({
  test: {
    name,
    include: folders.map((folder) => `test/${folder}/**/*.test.ts`),
    testTimeout,
    hookTimeout: testTimeout,
  },
});

export default defineConfig({
  test: {
    root: new URL("..", import.meta.url).pathname,
    reporters: ["default", new URL("support/closing-line-reporter.ts", import.meta.url).pathname],
    projects: [
      project("fast", ["unit", "contract", "policy"], 10_000),
      project("integration", ["integration"], 30_000),
      project("e2e", ["e2e"], 180_000),
    ],
  },
});
