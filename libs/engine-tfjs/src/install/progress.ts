/** How far an installation is. */
export interface InstallProgress {
  /** Such as `Compiling the addon`. */
  readonly step: string;
  /** Bytes downloaded so far, in a download. */
  readonly bytes?: number;
}
