import { fetch } from "undici";

/** What Slack said to an answer through a response address. */
export interface AnswerReceipt {
  readonly status: number;
  readonly text: string;
}

/** Posts to a response address. Rejects when there is no answer, or none before `signal` is aborted. */
export type PostAnswer = (url: string, body: object, signal: AbortSignal) => Promise<AnswerReceipt>;

const MOST_CHARACTERS = 2000;

/** Over the network of this machine, and never on to another address. */
export const postAnswer: PostAnswer = async (url, body, signal) => {
  const response = await fetch(url, {
    method: "POST",
    redirect: "error",
    headers: { "content-type": "application/json; charset=utf-8" },
    body: JSON.stringify(body),
    signal,
  });
  return { status: response.status, text: (await response.text()).slice(0, MOST_CHARACTERS) };
};
