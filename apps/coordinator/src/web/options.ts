/** The dashboard that a coordinator serves. */
export interface DashboardOptions {
  /** Folder of its page. */
  readonly page: string;
  /** Where people find it, if a proxy stands in front of the coordinator: `https://host/`. */
  readonly url?: string | undefined;
}
