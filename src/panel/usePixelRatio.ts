import { useEffect, useState } from 'react';

/** Device pixels per CSS pixel; changes when the window moves to another screen or is zoomed. */
export function usePixelRatio(): number {
  const [ratio, setRatio] = useState(window.devicePixelRatio);
  useEffect(() => {
    const query = window.matchMedia(`(resolution: ${ratio}dppx)`);
    const update = () => {
      setRatio(window.devicePixelRatio);
    };
    query.addEventListener('change', update);
    return () => {
      query.removeEventListener('change', update);
    };
  }, [ratio]);
  return ratio;
}
