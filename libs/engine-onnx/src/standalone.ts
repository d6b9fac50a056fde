/** What makes a graph a model for others, who know nothing of this one's engines. */
export interface Standalone {
  /** Inputs that are part of the model, by name: row-major. */
  readonly parameters: ReadonlyMap<string, Float32Array>;
  /**
   * What the number of rows of all other inputs and of all outputs is called, which is left open. The graph must have nothing
   * that depends on it.
   */
  readonly rows: string;
  readonly metadata: Readonly<Record<string, string>>;
}
