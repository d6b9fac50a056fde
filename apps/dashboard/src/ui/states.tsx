import type { ComponentChildren } from 'preact';

interface MessageProps {
  readonly title: string;
  readonly children?: ComponentChildren;
}

/** In place of what is not there: what is going on, and what to do. */
export function Message({ title, children }: MessageProps) {
  return (
    <div class="message">
      <h2>{title}</h2>
      {children}
    </div>
  );
}

/** Stands where something will be, while it is on its way. @param lines how tall, in lines of text */
export function Skeleton({ lines = 3 }: { readonly lines?: number }) {
  return (
    <div class="skeleton" role="status">
      <span class="hidden">Loading</span>
      {Array.from({ length: lines }, (_, line) => (
        <span key={line} class="skeleton-line" />
      ))}
    </div>
  );
}

/** A command to type, with a way to copy it where browsers allow that: on loopback, and under TLS. */
export function Command({ text }: { readonly text: string }) {
  return (
    <p class="command">
      <code>{text}</code>
      {window.isSecureContext && (
        <button type="button" class="quiet" onClick={() => void navigator.clipboard.writeText(text)}>
          Copy
        </button>
      )}
    </p>
  );
}
