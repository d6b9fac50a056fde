/** Where a figure of a pipeline has its parts, in CSS pixels. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  /** In the order of the pipeline. */
  readonly boxes: readonly Box[];
  /** From each box to the next. */
  readonly links: readonly LinkLine[];
  /** Around neighbours of one node, in one row. */
  readonly groups: readonly (Box & { readonly node: string | undefined })[];
}

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface LinkLine {
  /** Of an SVG path, from one box to the other. */
  readonly path: string;
  readonly direction: 'across' | 'down' | 'wrap';
  /** The middle of the stretch where its figures are written. */
  readonly x: number;
  readonly y: number;
  /** Of that stretch. */
  readonly length: number;
}

const BOX_HEIGHT = 114;
/** Of boxes without figures. */
export const COMPACT_HEIGHT = 54;
const LEAST_BOX_WIDTH = 158;
const MOST_BOX_WIDTH = 232;
const LINK_LENGTH = 84;
const DOWN_LENGTH = 52;
/** Around the boxes of a node, and above them for its name. */
const PADDING = 10;
const NAME_HEIGHT = 22;
const ROW_GAP = 44;
/** The arrow's head ends where the box begins. */
const HEAD = 5;

/**
 * Lays a chain of boxes out in as few rows as fit, read like text; one below the other where only one fits.
 * @param nodes of each stage, in the order of the pipeline @param room for the figure's width @param isCompact without figures
 */
export function layOut(nodes: readonly (string | undefined)[], room: number, isCompact = false): Layout {
  const height = isCompact ? COMPACT_HEIGHT : BOX_HEIGHT;
  const inner = room - 2 * PADDING;
  const fit = Math.floor((inner + LINK_LENGTH) / (LEAST_BOX_WIDTH + LINK_LENGTH));
  const rows = Math.ceil(nodes.length / Math.min(Math.max(fit, 1), nodes.length));
  const columns = Math.ceil(nodes.length / rows);
  const isColumn = columns === 1;
  const most = isColumn ? inner : MOST_BOX_WIDTH;
  const width = Math.min(most, Math.floor((inner - (columns - 1) * LINK_LENGTH) / columns));
  const left = PADDING + Math.max(0, (inner - columns * width - (columns - 1) * LINK_LENGTH) / 2);
  const boxes: Box[] = [];
  let y = NAME_HEIGHT;
  for (const [place, node] of nodes.entries()) {
    if (place > 0 && place % columns === 0) {
      y += height + rowGap(isColumn, node === nodes[place - 1]);
    }
    boxes.push({ x: left + (place % columns) * (width + LINK_LENGTH), y, width, height });
  }
  return {
    width: room,
    height: y + height + PADDING,
    boxes,
    links: boxes.slice(1).map((box, place) => linkBetween(boxes[place] as Box, box)),
    groups: groupsOf(boxes, nodes, isColumn),
  };
}

/** Between the boxes of two rows. @param sameNode whether one node's name stands above both */
function rowGap(isColumn: boolean, sameNode: boolean): number {
  if (!isColumn) return ROW_GAP + NAME_HEIGHT + PADDING;
  return sameNode ? DOWN_LENGTH : DOWN_LENGTH + NAME_HEIGHT + PADDING;
}

function linkBetween(from: Box, to: Box): LinkLine {
  const middle = from.y + from.height / 2;
  if (from.y === to.y) {
    const start = from.x + from.width;
    const path = `M${start} ${middle}H${to.x - HEAD}`;
    return { path, direction: 'across', x: (start + to.x) / 2, y: middle, length: to.x - start };
  }
  const [start, end] = [from.y + from.height, to.y];
  if (from.x === to.x) {
    const x = from.x + from.width / 2;
    return { path: `M${x} ${start}V${end - HEAD}`, direction: 'down', x, y: (start + end) / 2, length: end - start };
  }
  const [right, left] = [from.x + from.width / 2, to.x + to.width / 2];
  const between = start + PADDING + (ROW_GAP - PADDING) / 2;
  const path = `M${right} ${start}V${between}H${left}V${end - HEAD}`;
  return { path, direction: 'wrap', x: (left + right) / 2, y: between, length: right - left };
}

/** @param isColumn whether neighbours lie below each other */
function groupsOf(boxes: readonly Box[], nodes: readonly (string | undefined)[], isColumn: boolean): Layout['groups'] {
  const groups: (Box & { readonly node: string | undefined })[] = [];
  for (const [place, box] of boxes.entries()) {
    const node = nodes[place];
    const last = groups.at(-1);
    const before = boxes[place - 1];
    if (last !== undefined && before !== undefined && last.node === node && (isColumn || before.y === box.y)) {
      const width = box.x + box.width + PADDING - last.x;
      groups[groups.length - 1] = { ...last, width, height: box.y + box.height + PADDING - last.y };
    } else {
      const [x, y] = [box.x - PADDING, box.y - NAME_HEIGHT];
      groups.push({ node, x, y, width: box.width + 2 * PADDING, height: box.height + NAME_HEIGHT + PADDING });
    }
  }
  return groups;
}
