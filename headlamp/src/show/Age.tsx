import { Utils } from '@kinvolk/headlamp-plugin/lib';
import { useEffect, useState } from 'react';

const tick = 15000;

/** The time, anew every quarter of a minute. */
export function useNow(): Date {
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    const timer = setInterval(() => setNow(new Date()), tick);
    return () => clearInterval(timer);
  }, []);
  return now;
}

/** How long ago something was, or how long until it is; the time itself on hovering. "never" without a time. */
export function Age({ of }: { of: string | undefined }) {
  const now = useNow();
  if (!of) {
    return <span>never</span>;
  }
  const time = new Date(of);
  const distance = time.getTime() - now.getTime();
  const span = Utils.formatDuration(Math.abs(distance), { format: 'mini' });
  // The page's own time is behind by a tick at most.
  const words =
    distance > 0 && distance <= tick ? 'now' : distance > 0 ? `in ${span}` : `${span} ago`;
  return (
    <time dateTime={of} title={time.toLocaleString()}>
      {words}
    </time>
  );
}
