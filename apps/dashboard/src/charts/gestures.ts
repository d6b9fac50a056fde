/** What a person can do to what a chart shows. */
export interface Movable {
  /** Shows another stretch, in shares of the present one: `move(0, 0.5)` its first half, `move(0.1, 1.1)` a bit further right. */
  move(from: number, to: number): void;
  /** Shows everything again. */
  reset(): void;
  /** Points at a place, as a share of the width; undefined at none. */
  point(share: number | undefined): void;
}

/** Share of the width that a key or a notch of the wheel moves. */
const PAN = 0.1;
/** Share of what is shown that remains at a step of zooming in. */
const ZOOM = 0.75;
const WHEEL_PIXELS = 100;

/**
 * Lets keys, wheel, and fingers move what is shown in a chart. Drawing a rectangle with the mouse is the plot's own affair.
 * @param area what moves under the pointer, inside the axes; undefined while nothing is drawn
 * @returns what ends it
 */
export function listenForGestures(
  host: HTMLElement,
  area: () => HTMLElement | undefined,
  movable: Movable,
): () => void {
  const ends = new AbortController();
  const { signal } = ends;
  const pointers = new Map<number, number>();

  const shareAt = (clientX: number): number => {
    const { left, width } = (area() ?? host).getBoundingClientRect();
    return width === 0 ? 0 : (clientX - left) / width;
  };
  const zoom = (share: number, factor: number): void =>
    movable.move(share - share * factor, share + (1 - share) * factor);

  host.addEventListener('keydown', (event) => onKey(event, movable, zoom), { signal });
  host.addEventListener('dblclick', () => movable.reset(), { signal });
  host.addEventListener(
    'wheel',
    (event) => {
      if (event.ctrlKey) zoom(shareAt(event.clientX), ZOOM ** (-event.deltaY / WHEEL_PIXELS));
      else if (Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey) {
        const turned = ((event.deltaX || event.deltaY) / WHEEL_PIXELS) * PAN;
        movable.move(turned, 1 + turned);
      } else return;
      event.preventDefault();
    },
    { signal, passive: false },
  );

  host.addEventListener(
    'pointerdown',
    (event) => {
      if (event.pointerType === 'mouse' && !event.shiftKey) return;
      pointers.set(event.pointerId, shareAt(event.clientX));
      host.setPointerCapture(event.pointerId);
      movable.point(shareAt(event.clientX));
    },
    { signal },
  );
  host.addEventListener(
    'pointermove',
    (event) => {
      const before = pointers.get(event.pointerId);
      if (before === undefined) return;
      const now = shareAt(event.clientX);
      const [other] = [...pointers].filter(([id]) => id !== event.pointerId).map(([, share]) => share);
      if (other === undefined) movable.move(before - now, 1 + before - now);
      else pinch(movable, other, before, now);
      pointers.set(event.pointerId, now);
    },
    { signal },
  );
  for (const type of ['pointerup', 'pointercancel'] as const) {
    host.addEventListener(type, ({ pointerId }) => pointers.delete(pointerId), { signal });
  }
  return () => ends.abort();
}

/** Keeps what lies under both fingers there, while one of them moves. */
function pinch(movable: Movable, other: number, before: number, now: number): void {
  if (Math.abs(now - other) < 0.02) return;
  const factor = (before - other) / (now - other);
  if (factor > 0) movable.move(other - other * factor, other + (1 - other) * factor);
}

function onKey(event: KeyboardEvent, movable: Movable, zoom: (share: number, factor: number) => void): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const actions: Readonly<Record<string, () => void>> = {
    ArrowLeft: () => movable.move(-PAN, 1 - PAN),
    ArrowRight: () => movable.move(PAN, 1 + PAN),
    '+': () => zoom(0.5, ZOOM),
    '=': () => zoom(0.5, ZOOM),
    '-': () => zoom(0.5, 1 / ZOOM),
    Escape: () => movable.reset(),
    0: () => movable.reset(),
  };
  const action = actions[event.key];
  if (action === undefined) return;
  event.preventDefault();
  action();
}
