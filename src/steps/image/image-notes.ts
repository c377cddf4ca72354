import type { StepNotes } from "../../engine/step-notes.ts";

/** How every step can fail that runs a program of its own. */
export const TOOL_FAILURES: StepNotes["failures"] = {
  "program.missing": { retry: "never", meaning: "The program is not installed where the step is executed." },
  "program.altered": {
    retry: "never",
    meaning: "The program has not the digest that the configuration names under `programs`.",
  },
};

/** How every step can fail that takes a folder or a file from Git. */
export const FOLDER_FAILURES: StepNotes["failures"] = {
  "git.no-folder": { retry: "never", meaning: "There is no such folder at the revision." },
  "git.submodule": { retry: "never", meaning: "The folder has a submodule, and those are not taken along." },
  "git.folder-too-large": { retry: "never", meaning: "The folder is larger than a file may be." },
};

/** How every step can fail that is about one image. */
export const IMAGE_FAILURES: StepNotes["failures"] = {
  "image.unreadable": { retry: "never", meaning: "What was given is no image." },
  "image.no-digest": {
    retry: "never",
    meaning:
      "The image is named by a tag, which may mean another one a moment later. `image/resolve` gives its digest.",
  },
};
