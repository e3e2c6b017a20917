// The sign of a series as the canvas draws it: line, shape and colour.
import { type ReactElement } from 'react';

/** How the canvas distinguishes a series from the others. */
export interface Sign {
  /** x and y of each corner of a point, alternating, in radii from its centre; empty for a circle. */
  outline: ArrayLike<number>;
  /** Lengths of dashes and gaps in turn, pixels; empty for a solid line. */
  dash: ArrayLike<number>;
  color: string;
}

const RADIUS = 4;

export function Marker({ outline, dash, color }: Sign): ReactElement {
  const corners = Array.from({ length: outline.length / 2 }, (_, corner) =>
    [outline[2 * corner], outline[2 * corner + 1]].map((distance = 0) => 7 + RADIUS * distance).join(','),
  );
  return (
    <svg width={34} height={14} viewBox="-10 0 34 14" fill={color} aria-hidden style={{ flexShrink: 0 }}>
      <path d="M-10 7H24" stroke={color} strokeWidth={2} strokeDasharray={Array.from(dash).join(' ')} />
      {corners.length === 0 ? <circle cx={7} cy={7} r={RADIUS} /> : <polygon points={corners.join(' ')} />}
    </svg>
  );
}
