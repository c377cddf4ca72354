/** Calls `reload` at every SIGHUP until it is disposed; without it the signal would end the process. */
export function onReloadSignal(reload: () => void): Disposable {
  process.on("SIGHUP", reload);
  return { [Symbol.dispose]: () => void process.off("SIGHUP", reload) };
}
