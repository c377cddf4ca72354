/**
 * Imports a module as Node does by itself: the loader of the tests does not see it, so hooks of Node's module system take part, and types
 * are stripped as they are when the program runs. A module that was imported so is another one than that of the tests.
 */
export async function nativeImport<Module>(url: URL): Promise<Module> {
  const native = "data:text/javascript,export const load = (url) => import(url);";
  const { load }: { load: (url: string) => Promise<Module> } = await import(native);
  return await load(url.href);
}
