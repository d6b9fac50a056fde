import { chooseTheme, themeChoice } from './theme.js';
import type { ThemeChoice } from './theme.js';
import { Choice } from './ui/choice.js';

const NAMES: Readonly<Record<ThemeChoice, string>> = { system: 'Auto', light: 'Light', dark: 'Dark' };

export function ThemeButton() {
  return <Choice label="Theme" options={NAMES} chosen={themeChoice.value} choose={chooseTheme} />;
}
