// The sign of a series, as the canvas draws it: line, shape and colour.
import { type ReactElement } from 'react';

/** How the canvas tells a series apart. */
export interface Sign {
  shape: string;
  /** Lengths of strokes and gaps, pixels; empty for an unbroken line. */
  dash: ArrayLike<number>;
  color: string;
}

const POINTS: Record<string, string> = {
  square: '3.4,3.4 10.6,3.4 10.6,10.6 3.4,10.6',
  triangle: '7,2.2 11.6,10.4 2.4,10.4',
  diamond: '7,2 12,7 7,12 2,7',
  down: '7,11.8 2.4,3.6 11.6,3.6',
  plus: '5.4,2.2 8.6,2.2 8.6,5.4 11.8,5.4 11.8,8.6 8.6,8.6 8.6,11.8 5.4,11.8 5.4,8.6 2.2,8.6 2.2,5.4 5.4,5.4',
};

export function Marker({ shape, dash, color }: Sign): ReactElement {
  const points = shape === 'cross' ? POINTS.plus : POINTS[shape];
  return (
    <svg width={34} height={14} viewBox="-10 0 34 14" fill={color} aria-hidden style={{ flexShrink: 0 }}>
      <path d="M-10 7H24" stroke={color} strokeWidth={2} strokeDasharray={Array.from(dash).join(' ')} />
      {points === undefined ? (
        <circle cx={7} cy={7} r={4} />
      ) : (
        <polygon points={points} transform={shape === 'cross' ? 'rotate(45 7 7)' : undefined} />
      )}
    </svg>
  );
}
