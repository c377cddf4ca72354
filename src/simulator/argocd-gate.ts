/** Something that may be switched off for a while; those who need it wait until it is back. */
export class Gate {
  #isOpen = true;
  readonly #waiting: (() => void)[] = [];

  get isOpen(): boolean {
    return this.#isOpen;
  }

  setOpen(isOpen: boolean): void {
    this.#isOpen = isOpen;
    if (!isOpen) return;
    for (const resume of this.#waiting.splice(0)) resume();
  }

  /** Resolves once open. */
  async passed(): Promise<void> {
    while (!this.#isOpen) await new Promise<void>((resolve) => void this.#waiting.push(resolve));
  }
}
