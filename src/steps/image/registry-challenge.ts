/** How a registry wants to know who asks, from its answer 401. */
export type RegistryChallenge =
  | { readonly kind: "basic" }
  | { readonly kind: "bearer"; readonly realm: string; readonly service: string | undefined };

const LONGEST = 8192;

/** Reads the header `WWW-Authenticate`; undefined where it asks for nothing that is known here. What comes first decides. */
export function tryChallenge(header: string): RegistryChallenge | undefined {
  if (header.length > LONGEST) return undefined;
  const [, scheme = "", rest = ""] = /^\s*([A-Za-z]+)(?:\s+(.*))?$/su.exec(header) ?? [];
  if (scheme.toLowerCase() === "basic") return { kind: "basic" };
  if (scheme.toLowerCase() !== "bearer") return undefined;
  const parameters = new Map(
    Array.from(rest.matchAll(/(?<![A-Za-z])([A-Za-z]{1,30})="([^"]*)"/gu), ([, name = "", value = ""]) => [
      name.toLowerCase(),
      value,
    ]),
  );
  const realm = parameters.get("realm");
  return realm === undefined ? undefined : { kind: "bearer", realm, service: parameters.get("service") };
}
