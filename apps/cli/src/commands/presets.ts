import { DEFAULT_PRESET, PRESET_NAMES, PRESETS } from '@layerline/plan';
import { settingValue } from '../display/format.js';
import { table } from '../display/table.js';

/** `layerline presets`: every preset, and what they have in common. @returns the exit code */
export function presets({ json }: { readonly json: boolean }): number {
  if (json) {
    process.stdout.write(`${JSON.stringify(PRESETS)}\n`);
    return 0;
  }
  const keys = Object.keys(PRESETS[DEFAULT_PRESET]) as (keyof (typeof PRESETS)[typeof DEFAULT_PRESET])[];
  const valuesOf = (key: (typeof keys)[number]): string[] =>
    PRESET_NAMES.map((name) => settingValue(PRESETS[name][key]));
  const differing = keys.filter((key) => new Set(valuesOf(key)).size > 1);
  const rows = PRESET_NAMES.map((name, place) => [name, ...differing.map((key) => valuesOf(key)[place] ?? '')]);
  process.stdout.write(table(['preset', ...differing], rows));
  const common = keys.filter((key) => !differing.includes(key)).map((key) => [key, valuesOf(key)[0] ?? '']);
  process.stdout.write(`\nAll of them have:\n${table(['setting', 'value'], common)}`);
  return 0;
}
