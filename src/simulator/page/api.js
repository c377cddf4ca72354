/** What the page shows to one person in one place. */
export async function loadState({ user, channel, thread }) {
  const query = new URLSearchParams({ user, channel, thread });
  const response = await fetch(`/_page/state?${query}`);
  if (!response.ok) throw new Error(`The simulator answers ${response.status}`);
  return response.json();
}

/** Acts as a person. Throws with the simulator's reason when the act is not possible. */
export async function act(name, args) {
  const response = await fetch(`/_control/${name}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(args),
  }).catch(() => {
    throw new Error("Not sent: the simulator does not answer");
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error);
  return answer;
}

/** Calls back for every change, and once more after each reconnection, since something may have been missed. */
export function listen(path, onChange, onConnection = () => undefined) {
  const stream = new EventSource(path);
  stream.addEventListener("message", onChange);
  stream.addEventListener("open", () => {
    onConnection(true);
    onChange();
  });
  stream.addEventListener("error", () => onConnection(false));
  return () => stream.close();
}
