import { Box, Typography } from '@mui/material';
import type { ReactNode } from 'react';
import { Level, level, units } from './Figure';
import { Text } from './Text';

/** One bar: what is used of what was bought. */
export interface Bar {
  key: string;
  label: string;
  total: number | undefined;
  consumed: number | undefined;
}

// Colour is never alone: the figures stand beside each bar.
const colors: Record<Level, string> = {
  ok: 'success.main',
  warning: 'warning.main',
  critical: 'error.main',
  over: 'error.main',
};

/** Bars of one scale, the longest first. */
export function Bars({ title, bars, basis }: { title: string; bars: Bar[]; basis: ReactNode }) {
  const most = Math.max(1, ...bars.map(bar => Math.max(bar.total ?? 0, bar.consumed ?? 0)));
  const share = (value: number | undefined) => `${(100 * (value ?? 0)) / most}%`;
  return (
    <Box component="figure" sx={{ m: 0, minWidth: 0 }}>
      <Typography component="figcaption" variant="subtitle1">
        {title}
        <Typography component="span" variant="body2" color="text.secondary">
          {' '}
          {basis}
        </Typography>
      </Typography>
      {bars.map(bar => (
        <Box key={bar.key} sx={{ my: 1 }}>
          <Box sx={{ display: 'flex', justifyContent: 'space-between', gap: 1 }}>
            <Typography variant="body2" component="span">
              <Text>{bar.label}</Text>
            </Typography>
            <Typography variant="body2" component="span" sx={{ whiteSpace: 'nowrap' }}>
              {units(bar.consumed)}
              {bar.total !== undefined && ` of ${units(bar.total)}`}
              {level(bar.total, bar.consumed) === 'over' && ', over-assigned'}
            </Typography>
          </Box>
          <Box aria-hidden sx={{ position: 'relative', height: 10 }}>
            <Box
              sx={{
                position: 'absolute',
                inset: 0,
                bgcolor: 'divider',
                width: share(bar.total),
                borderRadius: 1,
              }}
            />
            <Box
              sx={{
                position: 'absolute',
                inset: 0,
                bgcolor: colors[level(bar.total, bar.consumed)],
                width: share(bar.consumed),
                borderRadius: 1,
              }}
            />
          </Box>
        </Box>
      ))}
    </Box>
  );
}
