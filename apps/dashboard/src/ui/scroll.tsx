import type { ComponentChildren } from 'preact';

interface ScrollProps {
  /** What is in it, for those who do not see it. */
  readonly label: string;
  readonly class?: string;
  readonly children: ComponentChildren;
}

/** What may be wider than the page, and is then scrolled: with the keyboard, too. */
export function Scroll({ label, class: kind = '', children }: ScrollProps) {
  return (
    <div class={`scroll ${kind}`} role="region" aria-label={label} tabIndex={0}>
      {children}
    </div>
  );
}
