/** A setting as it is shown. */
export interface Setting {
  /** Parts of a setting are joined by dots: `engine.threads`. */
  readonly name: string;
  readonly value: string;
}

/** All settings of plain data, in their order; lists on one line. */
export function settingsOf(data: object, prefix = ''): readonly Setting[] {
  return Object.entries(data).flatMap(([key, value]: [string, unknown]): readonly Setting[] => {
    const name = `${prefix}${key}`;
    if (value === undefined) return [];
    if (Array.isArray(value)) return [{ name, value: value.map(String).join(', ') }];
    if (typeof value === 'object' && value !== null) return settingsOf(value, `${name}.`);
    return [{ name, value: textOf(value) }];
  });
}

function textOf(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
