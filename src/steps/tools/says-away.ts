/** What programs say, those that are written in Go above all, when something could not be reached; it passes by itself. */
const AWAY = [
  "dial tcp",
  "connection refused",
  "connection reset",
  "no such host",
  "no route to host",
  "network is unreachable",
  "temporary failure in name resolution",
  "i/o timeout",
  "TLS handshake timeout",
  "context deadline exceeded",
  "Client\\.Timeout exceeded",
  "server misbehaving",
  "(?:status code|StatusCode|status):? ?(?:429|502|503|504)",
  "(?:429 Too Many Requests|502 Bad Gateway|503 Service Unavailable|504 Gateway Time-?out)",
];

/** Tells texts that say so from others; `more` are patterns of what only one program says. */
export function awayTexts(more: readonly string[]): (text: string) => boolean {
  const pattern = new RegExp([...AWAY, ...more].join("|"), "iu");
  return (text) => pattern.test(text);
}
