/** Something that ends, such as a test, and what is to be done then. */
export interface Scope {
  teardown(action: () => void): void;
}
