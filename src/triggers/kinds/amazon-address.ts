// The regions of all partitions: `eu-central-1`, `us-gov-west-1`, `cn-north-1`.
const SNS_HOST = /^sns\.[a-z]{2}(?:-[a-z]{2,12}){1,3}-\d{1,2}\.amazonaws\.com(?:\.cn)?$/u;
const CERTIFICATE_PATH = /^\/SimpleNotificationService-[0-9a-f]{16,64}\.pem$/u;

/** The address of a certificate of Amazon SNS; undefined for every other. */
export function certificateAddress(text: string): string | undefined {
  const url = amazonUrl(text);
  return url !== undefined && CERTIFICATE_PATH.test(url.pathname) && url.search === "" ? url.href : undefined;
}

/** The address by which a subscription to the topic is confirmed; undefined for one that does anything else. */
export function confirmationAddress(text: string, topicArn: string): string | undefined {
  const url = amazonUrl(text);
  if (url === undefined || url.pathname !== "/") return undefined;
  const is = (name: string, value: string): boolean => {
    const values = url.searchParams.getAll(name);
    return values.length === 1 && values[0] === value;
  };
  const isConfirmation = is("Action", "ConfirmSubscription") && is("TopicArn", topicArn);
  return isConfirmation && (url.searchParams.get("Token") ?? "") !== "" ? url.href : undefined;
}

function amazonUrl(text: string): URL | undefined {
  const url = URL.parse(text);
  if (url === null || url.protocol !== "https:" || url.port !== "" || url.username !== "" || url.password !== "") {
    return undefined;
  }
  return SNS_HOST.test(url.hostname) && url.hash === "" ? url : undefined;
}
