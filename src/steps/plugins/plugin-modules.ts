import { type RegisterHooksOptions, registerHooks } from "node:module";
import { join, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import { pluginFault } from "./plugin-fault.ts";

type Resolve = NonNullable<RegisterHooksOptions["resolve"]>;

/** What plug-ins import of this program, by the names under which its package.json exports the same. */
const API: ReadonlyMap<string, string> = new Map([
  ["quarterdeck/steps", new URL("steps-api.ts", import.meta.url).href],
]);

const MODULES = `${sep}node_modules${sep}`;
const SCHEME = "quarterdeck-plugin:";

/**
 * The modules of plug-ins in this process. Wherever a plug-in lies, `quarterdeck/steps` is the running program's own; its files import
 * from its folder and from packages, and from nowhere else.
 */
export class PluginModules {
  /** The folders of the plug-ins, each ending in a separator. */
  readonly #roots = new Set<string>();
  /** What each module of a plug-in, and of what it uses, has imported. */
  readonly #imported = new Map<string, Set<string>>();

  /** Loading is a matter of the whole process, so there is one of these in it, for as long as it lives. */
  private constructor() {
    registerHooks({ resolve: (specifier, context, next) => this.#resolve(specifier, context, next) });
  }

  static #ofProcess: PluginModules | undefined;

  static ofProcess(): PluginModules {
    this.#ofProcess ??= new PluginModules();
    return this.#ofProcess;
  }

  /** Imports the entry of a plug-in: an address, or the name of a package as it is found from the folder `from`. */
  async load({ root, entry, from }: { readonly root: string; readonly entry: string; readonly from: string }): Promise<{
    readonly exports: unknown;
    /** The files that were loaded for it, its own and those of packages. */
    readonly files: readonly string[];
  }> {
    this.#roots.add(root + sep);
    const query = new URLSearchParams({ entry, from });
    const start = `${SCHEME}?${query.toString()}`;
    const exports: unknown = await import(start);
    return { exports, files: this.#reached(start) };
  }

  #resolve(...[specifier, context, next]: Parameters<Resolve>): ReturnType<Resolve> {
    const api = API.get(specifier);
    if (api !== undefined) return { url: api, shortCircuit: true };
    if (specifier.startsWith(SCHEME)) return this.#entry(specifier, context, next);
    const { parentURL = "" } = context;
    const result = next(specifier, context);
    const known = this.#imported.get(parentURL);
    if (known === undefined || result.url.startsWith("node:")) return result;
    const root = this.#rootOf(parentURL);
    if (root !== undefined) this.#refuseOutside({ specifier, parentURL, url: result.url, root });
    known.add(result.url);
    this.#know(result.url);
    return result;
  }

  #entry(...[specifier, context, next]: Parameters<Resolve>): ReturnType<Resolve> {
    const query = new URLSearchParams(specifier.slice(SCHEME.length));
    const parentURL = pathToFileURL(join(query.get("from") ?? "", "here")).href;
    const result = next(query.get("entry") ?? "", { ...context, parentURL });
    this.#imported.set(specifier, new Set([result.url]));
    this.#know(result.url);
    return result;
  }

  #know(url: string): void {
    if (url.startsWith("file:") && !this.#imported.has(url)) this.#imported.set(url, new Set());
  }

  /** The folder of the plug-in of which a module is one itself; undefined for what is not, such as a package that it uses. */
  #rootOf(url: string): string | undefined {
    if (!url.startsWith("file:")) return undefined;
    const path = fileURLToPath(url);
    return [...this.#roots].find((root) => path.startsWith(root) && !path.slice(root.length - 1).includes(MODULES));
  }

  #refuseOutside(import_: Record<"specifier" | "parentURL" | "url" | "root", string>): void {
    const { specifier, parentURL, url, root } = import_;
    // Where a link in the folder leads does not count, where it stands does.
    const meant = /^\.{1,2}\//u.test(specifier) ? new URL(specifier, parentURL).href : url;
    if ([url, meant].some((each) => this.#rootOf(each) === root)) return;
    if (url.startsWith("file:") && fileURLToPath(url).includes(MODULES)) return;
    throw pluginFault(
      `${fileURLToPath(parentURL)} imports ${JSON.stringify(specifier)}, which lies outside of ${root}. Move it there: ` +
        `a plug-in imports from its own folder, from packages, from Node and from "quarterdeck/steps"`,
    );
  }

  #reached(start: string): readonly string[] {
    const seen = new Set<string>();
    const open = [start];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (seen.has(at)) continue;
      seen.add(at);
      open.push(...(this.#imported.get(at) ?? []));
    }
    return [...seen].filter((url) => url.startsWith("file:")).map((url) => fileURLToPath(url));
  }
}
