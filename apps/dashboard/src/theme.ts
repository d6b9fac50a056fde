import { computed, signal } from '@preact/signals';
import type { ReadonlySignal } from '@preact/signals';

export type Theme = 'light' | 'dark';
/** What a person has chosen; `system` follows the machine. */
export type ThemeChoice = Theme | 'system';

const KEY = 'layerline-theme';
const prefersDark = window.matchMedia('(prefers-color-scheme: dark)');
const systemTheme = signal<Theme>(prefersDark.matches ? 'dark' : 'light');
const current = signal<ThemeChoice>(stored());

export const themeChoice: ReadonlySignal<ThemeChoice> = current;

/** The theme that is shown. Whoever draws on a canvas reads the colours again when it changes. */
export const theme: ReadonlySignal<Theme> = computed(() =>
  current.value === 'system' ? systemTheme.value : current.value,
);

/** Keeps the page in the theme that is chosen. To be called once. */
export function startTheme(): void {
  prefersDark.addEventListener('change', ({ matches }) => (systemTheme.value = matches ? 'dark' : 'light'));
  // Before anything that draws by the new theme is told of it.
  theme.subscribe((name) => (document.documentElement.dataset['theme'] = name));
}

export function chooseTheme(choice: ThemeChoice): void {
  current.value = choice;
  try {
    localStorage.setItem(KEY, choice);
  } catch {
    // Without storage, the choice holds for this page.
  }
}

function stored(): ThemeChoice {
  try {
    const choice = localStorage.getItem(KEY);
    return choice === 'light' || choice === 'dark' ? choice : 'system';
  } catch {
    return 'system';
  }
}
