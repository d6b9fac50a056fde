/** Of a character in the smaller type of the figure, on average, in CSS pixels. */
const CHARACTER_WIDTH = 6;

/** As much of a text as about fits, as SVG breaks no lines. @param room in CSS pixels */
export function shortened(text: string, room: number): string {
  const most = Math.max(1, Math.floor(room / CHARACTER_WIDTH));
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}
