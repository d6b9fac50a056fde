import type { Signal } from '@preact/signals';
import type { LineStyle } from '../charts/lines.js';

/** What makes a run stand out wherever it is shown while it is pointed at somewhere. */
export interface Highlight {
  readonly styleOf: (run: string) => LineStyle;
  readonly propsOf: (run: string) => HighlightProps;
}

interface HighlightProps {
  readonly class: string;
  readonly onPointerEnter: () => void;
  readonly onPointerLeave: () => void;
}

/**
 * @param focus the key of the line that is pointed at
 * @param keyOf the key of the line that shows a run, alone or with others
 */
export function highlighting(
  focus: Signal<string | undefined>,
  keyOf: (run: string) => string,
  styleOf: (run: string) => LineStyle,
): Highlight {
  return {
    styleOf,
    propsOf: (run) => ({
      class: focus.value === keyOf(run) ? 'lit' : '',
      onPointerEnter: () => (focus.value = keyOf(run)),
      onPointerLeave: () => (focus.value = undefined),
    }),
  };
}
