/** The beginning of the path under which workers leave and read files. */
export const JOB_FILES = "/jobs/files/";

/** Files travel in pieces of so many bytes: each is a request that any proxy lets through, and a server that starts anew loses none. */
export const PIECE_BYTES = 1024 * 1024;

/** The header of an answer that says how long the whole file is as it is stored. */
export const SIZE_HEADER = "x-quarterdeck-file-bytes";
