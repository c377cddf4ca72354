import { App, LogLevel } from "@slack/bolt";
import { z } from "zod";

import { freePort } from "../../src/platform/free-port.ts";
import { answerCalls } from "./bench-process.ts";
import { RawCommits } from "./raw-commit.ts";

const Start = z.object({
  botToken: z.string(),
  signingSecret: z.string(),
  apiUrl: z.string(),
  /** Where commands are recorded before they are acknowledged; nowhere when absent. */
  folder: z.string().optional(),
});

answerCalls({
  /** The app that Slack's own guide begins with, over HTTP: it acknowledges every command. Answers where it takes them. */
  async start(argument) {
    const { botToken, signingSecret, apiUrl, folder } = Start.parse(argument);
    const commits = folder === undefined ? undefined : new RawCommits(folder);
    const app = new App({
      token: botToken,
      signingSecret,
      clientOptions: { slackApiUrl: apiUrl },
      logLevel: LogLevel.ERROR,
    });
    app.command(/^\//u, async ({ ack }) => {
      commits?.run(1);
      await ack({ response_type: "ephemeral", text: "Looking into it." });
    });
    const port = await freePort();
    await app.start({ port, host: "127.0.0.1" });
    return `http://127.0.0.1:${port}/slack/events`;
  },
});
