/** Which folder is wanted. */
export interface WantedFolder {
  /** The same name gives the same absolute path, on one machine. */
  readonly name: string;
  /** Ends the wait for others that use it. */
  readonly signal: AbortSignal;
}

/** Folders in which steps work, that are kept between their steps and cleaned away when nobody has used them for a while. */
export interface WorkFolders {
  /**
   * Lets `work` use the folder of that name, which is there when it begins, and of which nobody else has the use meanwhile, in this
   * process or another one. Throws the signal's reason when it is aborted while others use it, and `folder.unusable`.
   */
  use<Value>(wanted: WantedFolder, work: (folder: string) => Promise<Value>): Promise<Value>;
}
